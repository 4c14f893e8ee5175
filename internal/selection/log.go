package selection

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// LogLine is the line that a log of runs gets for its run of a number, from 1.
// It holds the digest of the log's last line, so that no run can be left out
// unseen.
func LogLine(log []byte, run int, r *Record) ([]byte, error) {
	lines := bytes.Split(bytes.TrimRight(log, "\n"), []byte("\n"))
	sum := sha256.Sum256(lines[len(lines)-1])
	applicants, err := json.Marshal(r.Call.Applicants)
	if err != nil {
		return nil, err
	}
	of := sha256.Sum256(applicants)
	b, err := json.Marshal(struct {
		Run        int    `json:"run"`
		Previous   string `json:"previous"`
		Applicants string `json:"applicants"`
		Places     int    `json:"places"`
		Commitment string `json:"commitment"`
		Marks      int    `json:"marks"`
		Deviation  int    `json:"deviation"`
		Bound      int    `json:"bound"`
		Record     string `json:"record"`
	}{run, "sha256:" + hex.EncodeToString(sum[:]), "sha256:" + hex.EncodeToString(of[:]),
		r.Call.Places, r.Call.Commitment, len(r.Call.Marks), r.Outcome.Deviation, r.Outcome.Bound, r.Digest})
	return append(b, '\n'), err
}
