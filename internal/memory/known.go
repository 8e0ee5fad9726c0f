package memory

import (
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// known is a call of a function that the table knows.
func (b *body) known(fn *types.Func, k effects.Known, u *use) [][]elem {
	name := effects.Name(fn, b.o.pkg)
	if k.Writes.Vague() {
		return b.opaqueCall(fn, "the table only knows that it writes what it is given", u)
	}
	b.emit(u.at, event{trust: Table})
	var handle effects.Handle
	if u.recv != nil {
		if handle = handleOf(u.recv.t); handle.Use == effects.UseUnknown {
			handle = handleOf(fn.Signature().Recv().Type())
		}
		if handle.Use != effects.Shared {
			b.knownPlace(*u.recv, k.Writes.Has(effects.Receiver) || handle.Session, handle, name, u)
		}
	}
	for i, a := range u.args {
		if !k.Calls.Has(i) && handleOf(a.t).Use != effects.Shared {
			b.knownPlace(a, k.Writes.Has(i), effects.Handle{}, name, u)
		}
	}
	if k.Global == effects.Yes {
		l := Loc{Root: Root{Kind: Global, Name: processState}}
		b.emit(u.at, event{trust: Table, access: &Access{Loc: l, Write: true, Locks: b.held, At: b.place(u.at), Via: b.via(u.at, name)}})
	}
	kept := b.keptBy(k, u)
	for i := range u.args {
		if k.Calls.Has(i) {
			b.invoke(u.args[i].vals, &use{at: u.at})
		}
	}
	return b.knownResults(fn, u, kept)
}

// processState is written by what the table says to change state of the whole process.
const processState = "the process"

func (b *body) via(at token.Pos, name string) *Step { return &Step{Call: b.place(at), Name: name} }

// knownPlace notes that an operand is read, or written.
func (b *body) knownPlace(a typed, write bool, h effects.Handle, name string, u *use) {
	handle, handed := "", false
	if write && h.Use == effects.Alone {
		handle, handed = types.TypeString(a.t, (*types.Package).Name), h.Session || h.Handed
	}
	if _, ok := a.t.Underlying().(*types.Signature); ok {
		return
	}
	for _, l := range b.reached(a) {
		if !b.silent(l) {
			b.emit(u.at, event{trust: Table, access: &Access{Loc: l, Write: write, Locks: b.held, Handle: handle, Known: true, Handed: handed, At: b.place(u.at), Via: b.via(u.at, name)}})
		}
	}
}

// reached gives all memory that can be reached from an operand. Behind a pointer to
// what refers to nothing itself, that is no more than this: &stats.Users leads to
// one field, and to nothing beside it.
func (b *body) reached(a typed) []Loc {
	if a.t == nil {
		return b.heap.reach(a.vals)
	}
	p, ok := a.t.Underlying().(*types.Pointer)
	if !ok || b.o.types.hasRefs(p.Elem()) {
		return b.heap.reach(a.vals)
	}
	var vals []elem
	for _, e := range a.vals {
		b.heap.many = b.heap.many || e == tooMany
		if !e.quiet {
			vals = append(vals, e)
		}
	}
	return deref(vals, "", b.o.types.block(p.Elem()))
}

// keptBy lets what the call retains go where it may be kept: in the receiver, in
// what it writes, or in its results, which are returned.
func (b *body) keptBy(k effects.Known, u *use) []elem {
	var kept []elem
	for i, a := range u.args {
		if k.Retains.Has(i) || k.Keeps.Has(i) && k.Keeps.Known() {
			kept = join(kept, a.vals...)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	stored := false
	keep := func(a typed) {
		for _, l := range b.heap.reach(a.vals) {
			b.put(u.at, l, kept)
			stored = true
		}
	}
	if u.recv != nil && k.Writes.Has(effects.Receiver) {
		keep(*u.recv)
	}
	for i, a := range u.args {
		if k.Writes.Has(i) && k.Retains.Known() {
			keep(a)
		}
	}
	results := u.sig != nil && b.o.types.hasRefs(u.sig.Results())
	if !k.Retains.Known() || !stored && !results || k.Global == effects.Yes {
		for i, a := range u.args {
			if k.Retains.Has(i) && handleOf(a.t).Use != effects.Shared {
				b.flows(u.at, a.vals, flow{why: "it may keep it", may: !k.Retains.Known(), soft: !k.Retains.Known(), at: b.place(u.at)})
			}
		}
	}
	return kept
}

// knownResults are new objects that may hold what the call keeps and its
// receiver, or are these themselves.
func (b *body) knownResults(fn *types.Func, u *use, kept []elem) [][]elem {
	sig := u.sig
	if sig == nil {
		sig = fn.Signature()
	}
	out := make([][]elem, sig.Results().Len())
	given := u.args
	if u.recv != nil && handleOf(u.recv.t).Use != effects.Shared { // a sql.Row holds on to a DB that looks after itself
		kept = join(kept, u.recv.vals...)
		given = append(given[:len(given):len(given)], *u.recv)
	}
	for i := range out {
		t := sig.Results().At(i).Type()
		if !b.o.types.hasRefs(t) || isError(t) {
			continue
		}
		root := Root{Kind: Fresh, site: u.at, Index: i}
		b.heap.store(Loc{Root: root, Path: deepest}, kept)
		out[i] = []elem{{loc: Loc{Root: root}, addr: true, quiet: b.o.types.isShared(t)}}
		for _, a := range given { // the result may be an operand itself
			if a.t == nil || types.IsInterface(t) || types.Identical(a.t.Underlying(), t.Underlying()) {
				out[i] = join(out[i], intersect(a.vals, kept)...)
			}
		}
	}
	return out
}

func intersect(a, b []elem) []elem {
	var out []elem
	for _, e := range a {
		if slices.Contains(b, e.untyped()) {
			out = append(out, e)
		}
	}
	return out
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// opaqueCall is a call of a function that nobody could look into.
func (b *body) opaqueCall(fn *types.Func, why string, u *use) [][]elem {
	name := effects.Name(fn, b.o.pkg)
	if u.recv != nil {
		if h := handleOf(u.recv.t); h.Use == effects.Alone {
			b.knownPlace(*u.recv, true, h, name, u)
		}
		if what := b.o.aloneBehind(u.recv.t); what != "" {
			why += "; it may be a " + what + ", which has one user at a time"
		}
	}
	return b.opaque(u.at, name, why, fn, u.all())
}

// opaque notes that anything may happen to what is given. Literals among it may
// be called. more is what is given besides and isn't a result.
func (b *body) opaque(at token.Pos, name, why string, fn *types.Func, given []typed, more ...typed) [][]elem {
	var vals []elem
	for _, a := range append(given, more...) {
		if a.t == nil || handleOf(a.t).Use != effects.Shared {
			vals = join(vals, a.vals...)
		}
	}
	trust := NotKnown
	if fn != nil && asksPeer(fn.Signature()) {
		trust = Guessed
	}
	reach := b.heap.reach(vals)
	b.emit(at, event{trust: trust, opaque: &Opaque{Name: name, Why: why, Reach: reach, At: b.place(at)}})
	b.callMade(at, reach)
	for _, a := range given {
		b.flows(at, a.vals, flow{why: "passed to " + name, may: true, at: b.place(at)})
	}
	if fn != nil {
		return b.anyOf(fn.Signature().Results(), vals)
	}
	return [][]elem{join([]elem{anything}, vals...)}
}

// callMade calls the literals and method values among what somebody got. One that
// is being called already, and got hold of itself on the way, adds nothing.
func (b *body) callMade(at token.Pos, reach []Loc) {
	for _, l := range reach {
		if l.Root.Kind != Fresh || b.making[l.Root.site] {
			continue
		}
		_, isBound := b.bounds[l.Root.site]
		if b.lits[l.Root.site] != nil || isBound {
			b.making[l.Root.site] = true
			b.alone(func() {
				b.invoke([]elem{{loc: Loc{Root: l.Root}, addr: true}}, &use{at: at})
			})
			delete(b.making, l.Root.site)
		}
	}
}

func (b *body) opaqueResults(u *use) [][]elem {
	var vals []elem
	for _, a := range u.all() {
		vals = join(vals, a.vals...)
	}
	if u.sig == nil {
		return [][]elem{join([]elem{anything}, vals...)}
	}
	return b.anyOf(u.sig.Results(), vals)
}

func (b *body) anyOf(results *types.Tuple, vals []elem) [][]elem {
	out := make([][]elem, results.Len())
	for i := range out {
		if b.o.types.hasRefs(results.At(i).Type()) {
			out[i] = join([]elem{anything}, vals...)
		}
	}
	return out
}

// asksPeer tells whether a signature is func(ctx, ...) (..., error): such a callee
// is taken to ask a peer, which says nothing of memory.
func asksPeer(sig *types.Signature) bool {
	p, r := sig.Params(), sig.Results()
	return p.Len() > 0 && r.Len() > 0 && effects.IsContext(p.At(0).Type()) && isError(r.At(r.Len()-1).Type())
}
