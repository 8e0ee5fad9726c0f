package effects

import (
	"go/token"
	"go/types"
)

// A Ground says how one part of a summary is known.
type Ground struct {
	Trust Trust
	Via   string // what it comes down to: "http.Get", "panic"; "" for nothing in particular
	step  step
}

// A step leads from a part of a summary to where it comes from.
type step struct {
	fn  *types.Func // the callee; nil: what stands there itself
	pos token.Pos
}

// through is the ground that a caller has in what a callee is known by.
func (g Ground) through(fn *types.Func, pos token.Pos, name string) Ground {
	if g.Via == "" {
		g.Via = name
	}
	g.step = step{fn, pos}
	return g
}

// A Panic says whether a call may panic.
type Panic uint8

// The answers. PanicUnknown is the zero value.
const (
	PanicUnknown  Panic = iota
	PanicNo             // nothing panics that is counted
	PanicByTable        // something is documented to panic on wrong input
	PanicExplicit       // a panic that nothing recovers
)

var (
	panicRank  = [...]uint8{PanicNo: 0, PanicByTable: 1, PanicUnknown: 2, PanicExplicit: 3}
	panicNames = [...]string{"panics?", "no panic", "panics on wrong input", "panics"}
)

func (p Panic) String() string { return panicNames[p] }

func (s *Summary) joinPanic(p Panic, g Ground) {
	if panicRank[p] > panicRank[s.Panics] {
		s.Panics, s.PanicsBy = p, g
	}
}

func (s *Summary) joinExit(a Answer, g Ground) {
	if a == Yes && s.Exits != Yes || a == Unknown && s.Exits == No {
		s.Exits, s.ExitsBy = a, g
	}
}

func (s *Summary) joinGlobal(a Answer, g Ground) {
	if a == Yes && s.Global != Yes || a == Unknown && s.Global == No {
		s.Global, s.GlobalBy = a, g
	}
}

// A Spawn says what becomes of the goroutines that a call starts.
type Spawn uint8

// The answers. SpawnUnknown is the zero value.
const (
	SpawnUnknown Spawn = iota
	SpawnNone          // it starts none; what a package of the table starts inside is its own
	SpawnJoined        // each has ended when the call returns, panics aside
	SpawnEscapes       // some may outlive it
)

var (
	spawnRank  = [...]uint8{SpawnNone: 0, SpawnJoined: 1, SpawnUnknown: 2, SpawnEscapes: 3}
	spawnNames = [...]string{"spawns?", "no goroutine", "joins its goroutines", "leaves goroutines"}
)

func (p Spawn) String() string { return spawnNames[p] }

func (s *Summary) joinSpawn(p Spawn, g Ground) {
	if spawnRank[p] > spawnRank[s.Spawns] {
		s.Spawns, s.SpawnsBy = p, g
	}
}

// A CtxUse says what becomes of the context that a function is given.
type CtxUse uint8

// The uses. CtxUnknown is the zero value.
const (
	CtxUnknown  CtxUse = iota
	CtxNone            // it takes none
	CtxIgnored         // nothing that waits gets it, and nobody asks whether it has ended
	CtxPolled          // it is asked or waited for; or a known package takes it
	CtxPassed          // everything that waits gets it, and heeds it; locks and files aside
	CtxSome            // something that waits doesn't get it, or doesn't heed it
	CtxReplaced        // something that waits gets one that doesn't end with it
)

var (
	ctxRank  = [...]uint8{CtxNone: 0, CtxIgnored: 1, CtxPolled: 2, CtxPassed: 3, CtxUnknown: 4, CtxSome: 5, CtxReplaced: 6}
	ctxNames = [...]string{"ctx?", "takes no ctx", "ignores its ctx", "polls its ctx", "passes its ctx on", "passes its ctx to some", "replaces its ctx"}
)

func (c CtxUse) String() string { return ctxNames[c] }

// Heeds tells whether the function is known to return soon after its context ends.
func (c CtxUse) Heeds() bool { return c == CtxPolled || c == CtxPassed }

// ContextParam is the index of the first parameter that is a context, -1 for none.
func ContextParam(sig *types.Signature) int {
	for i := range sig.Params().Len() {
		if IsContext(sig.Params().At(i).Type()) {
			return i
		}
	}
	return -1
}
