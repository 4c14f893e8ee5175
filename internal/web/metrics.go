package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics are what /metrics tells of the pages. Labels are the lines of the
// table, never an address or a name.
type metrics struct {
	took *prometheus.HistogramVec
}

func newMetrics(r *prometheus.Registry) metrics {
	m := metrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "miseban_http_seconds", Help: "How long answers took.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})}
	r.MustRegister(m.took, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// route measures the answers of one line of the table.
func (m metrics) route(rt *route, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		h.ServeHTTP(ww, r)
		m.took.WithLabelValues(rt.method, rt.pattern, strconv.Itoa(ww.Status())).Observe(time.Since(began).Seconds())
	})
}
