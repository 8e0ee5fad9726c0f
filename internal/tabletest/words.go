package tabletest

import (
	"fmt"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// checkWords holds what the table says of one function against its signature.
func checkWords(pkg *types.Package, s Symbol) error {
	k, ok := effects.LookupAs(pkg.Path(), s.Name, s.Func)
	if !ok {
		return fmt.Errorf("the table doesn't find it")
	}
	sig := s.Func.Signature()
	if k.Verb == effects.BySQL || k.Verb == effects.ByHTTP {
		if k.Text >= sig.Params().Len() || !isString(sig.Params().At(k.Text).Type()) {
			return fmt.Errorf("%s=%d is no string", k.Verb, k.Text)
		}
	}
	for _, c := range []struct {
		word   string
		places effects.Places
		fits   func(types.Type) bool
	}{
		{"writes", k.Writes, refers},
		{"keeps", k.Keeps, refers},
		{"calls", k.Calls, isFunc},
	} {
		if err := checkPlaces(sig, c.places, c.fits); err != nil {
			return fmt.Errorf("%s: %w", c.word, err)
		}
	}
	if k.Retains.Known() { // the receiver always may be
		withRecv := types.NewSignatureType(types.NewVar(0, nil, "", types.NewPointer(types.Typ[types.Int])), nil, nil, sig.Params(), sig.Results(), sig.Variadic())
		if err := checkPlaces(withRecv, k.Retains, refers); err != nil {
			return fmt.Errorf("retains: %w", err)
		}
	}
	if !k.Keeps.Empty() && sig.Results().Len() == 0 {
		return fmt.Errorf("keeps: it has no result")
	}
	return checkCloses(sig, k.Closes)
}

const far = 50 // more parameters than any function has

// checkPlaces wants each place to be there and of a type that fits. "All" is
// never wrong, and of "2+" one argument has to fit.
func checkPlaces(sig *types.Signature, places effects.Places, fits func(types.Type) bool) error {
	if !places.Known() {
		return fmt.Errorf("no parameter is a context")
	}
	everything := places.Has(effects.Receiver) && places.Has(0) && places.Has(far)
	if everything {
		return nil
	}
	if places.Has(effects.Receiver) && (sig.Recv() == nil || !fits(sig.Recv().Type())) {
		return fmt.Errorf("the receiver is none, or nothing that refers to memory")
	}
	n, fit := sig.Params().Len(), false
	for i := range n {
		if !places.Has(i) {
			continue
		}
		ok := fits(paramType(sig, i))
		if fit = fit || ok; !ok && !places.Has(far) {
			return fmt.Errorf("parameter %d is %s", i, sig.Params().At(i).Type())
		}
	}
	if places.Has(far) {
		if !fit {
			return fmt.Errorf("nothing fits")
		}
		return nil
	}
	for i := n; i < far; i++ {
		if places.Has(i) {
			return fmt.Errorf("there is no parameter %d", i)
		}
	}
	return nil
}

// paramType is the type of parameter i, for the last of a variadic function that
// of one argument.
func paramType(sig *types.Signature, i int) types.Type {
	t := sig.Params().At(i).Type()
	if s, ok := t.(*types.Slice); ok && sig.Variadic() && i == sig.Params().Len()-1 {
		return s.Elem()
	}
	return t
}

func isString(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func isFunc(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Signature:
		return true
	case *types.Slice: // a variadic parameter of functions, given as one
		return isFunc(u.Elem())
	}
	return false
}

// refers tells whether memory can be reached through a value of type t.
func refers(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	case *types.Array:
		return refers(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if refers(f.Type()) {
				return true
			}
		}
		return false
	}
	return true
}

// enders are the methods with which one gives back what a call returned.
var enders = []string{"Close", "CloseNow", "Disconnect", "CloseWithError", "Stop", "Release", "Rollback", "Cancel", "Unlock", "Unsubscribe", "End", "EndSession", "Shutdown", "Discard", "Finish", "Exit", "Quit", "CloseSend", "Unref", "Interrupt", "Cleanup"}

func checkCloses(sig *types.Signature, closes effects.Places) error {
	for i := range far {
		if !closes.Has(i) {
			continue
		}
		if i >= sig.Results().Len() {
			return fmt.Errorf("closes: there is no result %d", i)
		}
		if t := sig.Results().At(i).Type(); !ends(t) && !holdsBody(t) {
			return fmt.Errorf("closes: nothing closes a %s", t)
		}
	}
	return nil
}

// ends tells whether a value of type t is to be given back: it has a method for
// that, or is itself the function, like a context.CancelFunc.
func ends(t types.Type) bool {
	if sig, ok := t.Underlying().(*types.Signature); ok {
		return sig.Params().Len() <= 1 && sig.Results().Len() <= 1 // a CancelCauseFunc has its cause
	}
	return slices.ContainsFunc(enders, func(name string) bool {
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		_, ok := obj.(*types.Func)
		return ok
	})
}

// holdsBody tells whether t is a struct with a field to be closed, like the Body
// of an http.Response.
func holdsBody(t types.Type) bool {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if f.Exported() && slices.Contains([]string{"Body", "RawResponse"}, f.Name()) && ends(f.Type()) || f.Embedded() && holdsBody(f.Type()) {
			return true
		}
	}
	return false
}
