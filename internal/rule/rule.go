package rule

import (
	"errors"
	"go/ast"
	"go/token"
	"iter"

	"github.com/goherd/goherd/internal/patch"
)

// Kind says what a rule promises of its rewrites.
type Kind string

// The two kinds of rule.
const (
	Refactor Kind = "refactor" // what comes out refines what was there
	Repair   Kind = "repair"   // a defect goes; schedules that don't trigger it refine
)

// A Spec is the matcher's half of a rule: how to find shape S, what has to be
// answered for before a fix may be trusted, and how to tell the user.
type Spec[S any] struct {
	Name        string   // one lower-case word that reads well after "ignore"
	Summary     string   // one line, for `goherd rules`
	Best        Safety   // no finding of this rule may claim more
	Kind        Kind     // what the rewrite promises
	OptIn       bool     // off unless it is named
	Memory      bool     // it asks Pass.Memory about functions of other packages
	Obligations []string // hazards (ids of docs/hazards.md) that evidence has to answer
	Doc         string   // the rule's page, in Markdown

	// Find yields each candidate in source order. What it leaves out was never
	// the shape; what it yields climbs the ladder of Guards.
	Find func(*Pass) iter.Seq[Match[S]]

	// Guards are climbed in order; the first that says Quiet or Refuse ends it.
	Guards []Guard[S]

	// Message and Changes are asked after the ladder, so that they may use what
	// the guards found out.
	Message func(*Pass, S) string
	Changes func(*Pass, S) []string

	// Gain, where set, counts the calls in a row before and after. It is asked
	// where there is a patch.
	Gain func(*Pass, S) Gain
}

// A Match is one place where shape S occurs.
type Match[S any] struct {
	Shape    S
	Pos, End token.Pos // the statements that the match spans
	File     *ast.File
	Decl     ast.Decl // the unit of rewriting and of conflict
	Key      string   // the shape in normalised words: part of the finding's id
}

// Evidence is one reason to trust a fix, or not to. It answers one hazard.
type Evidence struct {
	Hazard string
	Claim  string // "the goroutines don't wait for each other"
	Grade  Safety // Safe: proved from the code; Review: assumed; Advice: unknown
	Pos    token.Pos
}

// A Rule is a Spec and its rewrite whose shape type has been forgotten.
type Rule struct {
	Name        string
	Summary     string
	Best        Safety
	Kind        Kind
	OptIn       bool
	Memory      bool
	Obligations []string
	Doc         string
	Guards      []GuardInfo

	find func(*Pass) iter.Seq[*Finding]
}

// A GuardInfo names one guard of a rule's ladder and the hazard it closes.
type GuardInfo struct{ Name, Hazard string }

// A Finding is a Match whose shape type has been forgotten.
type Finding struct {
	Rule      *Rule
	Pos, End  token.Pos
	File      *ast.File
	Decl      ast.Decl
	Key       string
	Message   string
	Evidence  []Evidence
	Changes   []string
	Gain      *Gain        // nil where the rule counts none
	Patch     *patch.Patch // nil: advice only
	Refused   string       // why there is no patch
	RefusedBy string       // the hazard id of the guard that refused
}

// Safety is computed, never declared: the weakest grade over the rule's
// obligations, capped by the rule. An obligation that nothing answered is
// unknown, and without a patch there is only advice.
func (f *Finding) Safety() Safety {
	if f.Patch == nil {
		return Advice
	}
	s := f.Rule.Best
	answered := map[string]bool{}
	for _, e := range f.Evidence {
		s = min(s, e.Grade)
		answered[e.Hazard] = true
	}
	for _, hazard := range f.Rule.Obligations {
		if !answered[hazard] {
			return Advice
		}
	}
	return s
}

// Findings runs the rule over one package, in source order.
func (r *Rule) Findings(pass *Pass) iter.Seq[*Finding] { return r.find(pass) }

// New ties a matcher to its rewrite: S is whatever the one must tell the other,
// so the two cannot drift apart. An error of the rewrite is its refusal, in
// words for the user; a *Refusal also names the hazard.
func New[S any](spec Spec[S], rewrite func(*Pass, S) (*patch.Patch, error)) *Rule {
	r := &Rule{
		Name: spec.Name, Summary: spec.Summary, Best: spec.Best, Kind: spec.Kind,
		OptIn: spec.OptIn, Memory: spec.Memory, Obligations: spec.Obligations, Doc: spec.Doc,
	}
	for _, g := range spec.Guards {
		r.Guards = append(r.Guards, GuardInfo{g.Name, g.Hazard})
	}
	r.find = func(pass *Pass) iter.Seq[*Finding] {
		return func(yield func(*Finding) bool) {
			for m := range spec.Find(pass) {
				pass.At = m.Pos
				f := climb(pass, r, spec, m, rewrite)
				pass.At = token.NoPos
				if f != nil && !yield(f) {
					return
				}
			}
		}
	}
	return r
}

// climb takes one match up the ladder; nil means that a guard kept it quiet.
func climb[S any](pass *Pass, r *Rule, spec Spec[S], m Match[S], rewrite func(*Pass, S) (*patch.Patch, error)) *Finding {
	f := &Finding{Rule: r, Pos: m.Pos, End: m.End, File: m.File, Decl: m.Decl, Key: m.Key}
	for _, g := range spec.Guards {
		v := g.Check(pass, m.Shape)
		if pass.Off == r.Name+"/"+g.Name {
			v = Holds(m.Pos, "guard switched off")
		}
		if pass.Trace != nil {
			pass.Trace(r, g.Name, m.Pos, v)
		}
		switch v.outcome {
		case quiet:
			return nil
		case refused:
			f.Refused, f.RefusedBy = v.claim, g.Hazard
			f.Evidence = append(f.Evidence, Evidence{g.Hazard, v.claim, Advice, v.pos})
		case answered:
			f.Evidence = append(f.Evidence, Evidence{g.Hazard, v.claim, v.grade, v.pos})
		}
		if f.Refused != "" {
			break
		}
	}
	f.Message = spec.Message(pass, m.Shape)
	if f.Refused != "" {
		return f
	}
	p, err := rewrite(pass, m.Shape)
	if err != nil {
		f.Refused = err.Error()
		if no, ok := errors.AsType[*Refusal](err); ok {
			f.RefusedBy = no.Hazard
		}
		return f
	}
	f.Patch = p
	if spec.Changes != nil {
		f.Changes = spec.Changes(pass, m.Shape)
	}
	if spec.Gain != nil {
		gain := spec.Gain(pass, m.Shape)
		f.Gain = &gain
	}
	return f
}
