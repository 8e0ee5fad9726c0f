package rule

import "go/token"

// A Guard is one rung of a rule's ladder. It closes one hazard: it answers with
// evidence, refuses the rewrite and says why, or keeps the place quiet.
type Guard[S any] struct {
	Name   string // "siblings-wait": what users read in `goherd explain`
	Hazard string // the id that its evidence answers
	Check  func(*Pass, S) Verdict
}

// A Verdict is what one guard says of one match.
type Verdict struct {
	outcome outcome
	grade   Safety
	claim   string
	pos     token.Pos
}

// Grade is the safety that the answer leaves to a finding: advice for a refusal
// and for no answer.
func (v Verdict) Grade() Safety {
	if v.outcome == answered {
		return v.grade
	}
	return Advice
}

func (v Verdict) String() string {
	switch v.outcome {
	case answered:
		return v.grade.String() + ": " + v.claim
	case refused:
		return "refused: " + v.claim
	case quiet:
		return "quiet: " + v.claim
	}
	return "no answer"
}

// Outcome is the answer in one word, as explanations have it.
func (v Verdict) Outcome() Outcome {
	switch {
	case v.outcome == refused:
		return Refused
	case v.outcome == quiet:
		return Quieted
	case v.outcome == unanswered:
		return NoAnswer
	case v.grade == Safe:
		return Proved
	case v.grade == Review:
		return AssumedSo
	}
	return NotKnown
}

// Claim is what the guard said, in words for the user.
func (v Verdict) Claim() string { return v.claim }

// Pos is the place of the evidence; token.NoPos where it is that of the match.
func (v Verdict) Pos() token.Pos { return v.pos }

type outcome uint8

const (
	unanswered outcome = iota // the zero Verdict: the guard said nothing, so the obligation stays unknown
	answered
	refused
	quiet
)

// Holds says that the guard's claim was proved from the code at pos.
func Holds(pos token.Pos, claim string) Verdict { return Verdict{answered, Safe, claim, pos} }

// Assumed says that the claim is likely but not proved; claim says what is assumed.
func Assumed(pos token.Pos, claim string) Verdict { return Verdict{answered, Review, claim, pos} }

// Refuse says that the shape is there and that no patch may be offered; reason is for the user.
func Refuse(pos token.Pos, reason string) Verdict { return Verdict{refused, Advice, reason, pos} }

// Quiet says that there is nothing worth reporting; reason is for `goherd explain`.
func Quiet(pos token.Pos, reason string) Verdict { return Verdict{quiet, Advice, reason, pos} }

// A Refusal is a rewrite's error that names the hazard it met.
type Refusal struct{ Hazard, Reason string }

func (r *Refusal) Error() string { return r.Reason }
