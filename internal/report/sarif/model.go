package sarif

// The parts of SARIF 2.1.0 that a report of a running shop uses, named as in
// the standard (OASIS, sections 3.13 to 3.59).

// run has its results written after it, see Write.
type run struct {
	Tool              tool              `json:"tool"`
	Language          string            `json:"language"`
	AutomationDetails automationDetails `json:"automationDetails"`
	Invocations       []invocation      `json:"invocations"`
	Artifacts         []artifact        `json:"artifacts,omitempty"`
	Taxonomies        []component       `json:"taxonomies,omitempty"`
	ColumnKind        string            `json:"columnKind"`
	Properties        map[string]any    `json:"properties,omitempty"`
}

type automationDetails struct {
	ID          string   `json:"id"`
	Description *message `json:"description,omitempty"`
}

type tool struct {
	Driver component `json:"driver"`
}

type component struct {
	Name             string         `json:"name"`
	FullName         string         `json:"fullName,omitempty"`
	Version          string         `json:"version,omitempty"`
	Organization     string         `json:"organization,omitempty"`
	InformationURI   string         `json:"informationUri,omitempty"`
	ShortDescription *multiformat   `json:"shortDescription,omitempty"`
	Language         string         `json:"language,omitempty"`
	Comprehensive    *bool          `json:"isComprehensive,omitempty"`
	Rules            []descriptor   `json:"rules,omitempty"`
	Notifications    []descriptor   `json:"notifications,omitempty"`
	Taxa             []descriptor   `json:"taxa,omitempty"`
	Supported        []componentRef `json:"supportedTaxonomies,omitempty"`
}

type componentRef struct {
	Name  string `json:"name"`
	Index int    `json:"index"`
}

type descriptor struct {
	ID               string         `json:"id"`
	Name             string         `json:"name,omitempty"`
	ShortDescription *multiformat   `json:"shortDescription,omitempty"`
	FullDescription  *multiformat   `json:"fullDescription,omitempty"`
	Help             *multiformat   `json:"help,omitempty"`
	HelpURI          string         `json:"helpUri,omitempty"`
	Configuration    *configuration `json:"defaultConfiguration,omitempty"`
	Relationships    []relationship `json:"relationships,omitempty"`
	Properties       map[string]any `json:"properties,omitempty"`
}

type configuration struct {
	Level string `json:"level"`
}

type relationship struct {
	Target descriptorRef `json:"target"`
	Kinds  []string      `json:"kinds"`
}

type descriptorRef struct {
	ID            string        `json:"id"`
	Index         *int          `json:"index,omitempty"`
	ToolComponent *componentRef `json:"toolComponent,omitempty"`
}

type multiformat struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type message struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type invocation struct {
	Start               string         `json:"startTimeUtc,omitempty"`
	End                 string         `json:"endTimeUtc,omitempty"`
	Successful          bool           `json:"executionSuccessful"`
	ExitDescription     string         `json:"exitCodeDescription,omitempty"`
	ToolNotifications   []notification `json:"toolExecutionNotifications,omitempty"`
	ConfigNotifications []notification `json:"toolConfigurationNotifications,omitempty"`
	Properties          map[string]any `json:"properties,omitempty"`
}

type notification struct {
	Descriptor     *descriptorRef `json:"descriptor,omitempty"`
	AssociatedRule *descriptorRef `json:"associatedRule,omitempty"`
	Level          string         `json:"level"`
	Message        message        `json:"message"`
}

type artifact struct {
	Location artifactLocation `json:"location"`
	Roles    []string         `json:"roles"`
}

type artifactLocation struct {
	URI   string `json:"uri"`
	Index *int   `json:"index,omitempty"`
}

type result struct {
	RuleID       string           `json:"ruleId"`
	RuleIndex    int              `json:"ruleIndex"`
	Kind         string           `json:"kind"`
	Level        string           `json:"level"`
	Rank         *float64         `json:"rank,omitempty"`
	Message      message          `json:"message"`
	Locations    []location       `json:"locations"`
	CodeFlows    []codeFlow       `json:"codeFlows,omitempty"`
	WebRequest   *webRequest      `json:"webRequest,omitempty"`
	WebResponse  *webResponse     `json:"webResponse,omitempty"`
	Fingerprints fingerprints     `json:"partialFingerprints"`
	Taxa         []descriptorRef  `json:"taxa,omitempty"`
	Properties   resultProperties `json:"properties"`
}

// resultProperties is our own part of a result.
type resultProperties struct {
	ID           string   `json:"id"`
	Severity     string   `json:"severity"`
	Confidence   string   `json:"confidence"`
	Where        string   `json:"where"`
	Method       string   `json:"method,omitempty"`
	Parameter    string   `json:"parameter,omitempty"`
	Fixer        string   `json:"fixer"`
	Effort       string   `json:"effort"`
	CVSS31       string   `json:"cvss31,omitempty"`
	CVSS40       string   `json:"cvss40,omitempty"`
	Requirements []string `json:"requirements,omitempty"`
	Proof        *proof   `json:"proof,omitempty"`
}

// proof is how a finding was shown, beside the code flow of its exchanges.
type proof struct {
	Words  string `json:"words"`
	Curl   string `json:"curl,omitempty"`
	Agreed int    `json:"agreed,omitempty"`
	Tried  int    `json:"tried,omitempty"`
}

// codeFlow tells the exchanges of a proof in their order.
type codeFlow struct {
	Message     message      `json:"message"`
	ThreadFlows []threadFlow `json:"threadFlows"`
}

type threadFlow struct {
	Locations []threadStep `json:"locations"`
}

type threadStep struct {
	Location   stepLocation   `json:"location"`
	Properties stepProperties `json:"properties"`
}

type stepLocation struct {
	Physical physical `json:"physicalLocation"`
	Message  message  `json:"message"`
}

type stepProperties struct {
	Value    string `json:"value"`
	Exchange string `json:"exchange,omitempty"`
}

// fingerprints name a finding over runs; the number is that of the recipe.
type fingerprints struct {
	Finding string `json:"misebanFinding/v1"`
}

type location struct {
	Physical physical  `json:"physicalLocation"`
	Logical  []logical `json:"logicalLocations,omitempty"`
}

type physical struct {
	Artifact artifactLocation `json:"artifactLocation"`
	Region   *region          `json:"region,omitempty"`
}

type region struct {
	StartLine int      `json:"startLine"`
	Snippet   *content `json:"snippet,omitempty"`
}

type content struct {
	Text string `json:"text"`
}

type logical struct {
	Name string `json:"name,omitempty"`
	Kind string `json:"kind,omitempty"`
}

type webRequest struct {
	Protocol   string            `json:"protocol,omitempty"`
	Version    string            `json:"version,omitempty"`
	Target     string            `json:"target"`
	Method     string            `json:"method"`
	Headers    map[string]string `json:"headers"`
	Parameters map[string]string `json:"parameters,omitempty"`
}

type webResponse struct {
	Protocol string            `json:"protocol,omitempty"`
	Version  string            `json:"version,omitempty"`
	Status   int               `json:"statusCode"`
	Reason   string            `json:"reasonPhrase,omitempty"`
	Headers  map[string]string `json:"headers"`
	Body     *content          `json:"body,omitempty"`
}
