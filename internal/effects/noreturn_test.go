package effects

import (
	"testing"
)

func TestNoReturn(t *testing.T) {
	pass := newWorld(t).pass(t, "p", `
func fatal(err error) { fmt.Fprintln(os.Stderr, err); os.Exit(1) }
func fatalf(format string, args ...any) { fatal(fmt.Errorf(format, args...)) }
func die() { defer mu.Unlock(); panic("no") }
func either(b bool) { if b { os.Exit(1) } else { log.Fatal("no") } }
func cases(n int) { switch n { case 1: os.Exit(1); default: panic(n) } }
func first(n int) { os.Exit(n); fmt.Println("never") }

func perhaps(b bool) { if b { os.Exit(1) } }
func returns(b bool) { if b { return }; os.Exit(1) }
func caught() { defer func() { recover() }(); panic("no") }
func caughtElsewhere() { defer catch(); panic("no") }
func catch() { _ = recover() }
func caughtSomehow(f func()) { defer f(); panic("no") }
func partOf(n int) { switch n { case 1: os.Exit(1) } }
func leaps(b bool) { if b { goto end }; os.Exit(1); end: fmt.Println() }
func breaks(n int) { switch n { case 1: if n > 0 { break }; os.Exit(1); default: os.Exit(2) } }
func around() { around() }
func inLiteral() { f := func() { os.Exit(1) }; _ = f }
func started() { go fatal(nil) }

var mu sync.Mutex
`)
	o := Compute(pass)
	for fn, want := range map[string]bool{
		"fatal": true, "fatalf": true, "die": true, "either": true, "cases": true, "first": true,
		"perhaps": false, "returns": false, "caught": false, "caughtElsewhere": false, "catch": false, "caughtSomehow": false,
		"partOf": false, "leaps": false, "breaks": false, "around": false, "inLiteral": false, "started": false,
	} {
		if got := o.NeverReturns(find(t, pass.Pkg, fn)); got != want {
			t.Errorf("%s never returns: %t, want %t", fn, got, want)
		}
	}
}

func TestNeverReturns(t *testing.T) {
	pkgs, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pkg, fn string
		want    bool
	}{
		{"os", "Exit", true}, {"runtime", "Goexit", true}, {"log", "Fatal", true}, {"log", "Logger.Fatalf", true}, {"log", "Panicln", true},
		{"testing", "T.Fatal", true}, {"testing", "TB.Fatalf", true}, {"testing", "B.SkipNow", true},
		{"log", "Print", false}, {"testing", "T.Error", false}, {"os", "Getpid", false}, {"runtime", "Gosched", false},
	} {
		if got := NeverReturns(find(t, pkgs[c.pkg], c.fn)); got != c.want {
			t.Errorf("%s.%s never returns: %t", c.pkg, c.fn, got)
		}
	}
}
