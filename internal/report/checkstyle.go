package report

import (
	"encoding/xml"
	"io"
	"strings"
)

// Checkstyle's own report, which has no published schema; as of version 4.3, which
// most readers of it follow.
type (
	csReport struct {
		XMLName xml.Name `xml:"checkstyle"`
		Version string   `xml:"version,attr"`
		Files   []csFile `xml:"file"`
	}
	csFile struct {
		Name   string    `xml:"name,attr"`
		Errors []csError `xml:"error"`
	}
	csError struct {
		Line     int    `xml:"line,attr"`
		Column   int    `xml:"column,attr"`
		Severity string `xml:"severity,attr"` // info, warning, error
		Message  string `xml:"message,attr"`
		Source   string `xml:"source,attr"`
	}
)

// Checkstyle prints a report with the findings of each file, in the order of the files.
func Checkstyle(w io.Writer, s Shown) error {
	report := csReport{Version: "4.3"}
	for _, f := range s.shown() {
		if n := len(report.Files); n == 0 || report.Files[n-1].Name != f.Path {
			report.Files = append(report.Files, csFile{Name: f.Path})
		}
		e := csError{Line: f.Line, Column: f.Col, Severity: "info", Message: strings.Join(details(f), "; "), Source: "goherd." + f.Rule}
		if s.grave(f) {
			e.Severity = "warning"
		}
		file := &report.Files[len(report.Files)-1]
		file.Errors = append(file.Errors, e)
	}
	return writeXML(w, report)
}
