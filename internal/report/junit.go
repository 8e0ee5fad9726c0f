package report

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

// JUnit's report as Jenkins reads it: its junit-10.xsd knows no more than this.
type (
	juSuites struct {
		XMLName  xml.Name  `xml:"testsuites"`
		Name     string    `xml:"name,attr"`
		Tests    int       `xml:"tests,attr"`
		Failures int       `xml:"failures,attr"`
		Errors   int       `xml:"errors,attr"`
		Suites   []juSuite `xml:"testsuite"`
	}
	juSuite struct {
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Cases    []juCase `xml:"testcase"`
	}
	juCase struct {
		Name    string     `xml:"name,attr"`
		Class   string     `xml:"classname,attr"`
		Failure *juFailure `xml:"failure,omitempty"`
	}
	juFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit prints a suite a rule. Each finding is a test that failed, known by its id
// and not by its line, so that a server knows it again. A rule that found nothing
// is one test that passed: a report without tests is taken for a broken one.
func JUnit(w io.Writer, s Shown) error {
	all := juSuites{Name: "goherd"}
	for _, r := range s.Rules {
		suite := juSuite{Name: "goherd." + r.Name}
		for _, f := range s.shown() {
			if f.Rule != r.Name {
				continue
			}
			name := f.ID
			if f.Func != "" {
				name = Clean(f.Func) + " " + f.ID
			}
			at := Clean(f.Path) + ":" + strconv.Itoa(f.Line)
			suite.Cases = append(suite.Cases, juCase{name, Clean(f.Package), &juFailure{
				Message: at + ": " + Clean(f.Message), Type: f.Safety.String(), Text: at + "\n" + strings.Join(details(f), "\n"),
			}})
		}
		suite.Tests, suite.Failures = max(1, len(suite.Cases)), len(suite.Cases)
		if suite.Failures == 0 {
			suite.Cases = []juCase{{Name: "finds nothing", Class: "goherd." + r.Name}}
		}
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Suites = append(all.Suites, suite)
	}
	return writeXML(w, all)
}
