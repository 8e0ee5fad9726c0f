package effects

import (
	"testing"
)

func TestNames(t *testing.T) {
	w := newWorld(t)
	w.pass(t, "p", `
type client[T any] struct{}
func (c *client[T]) do() {}
func (c client[T]) peek() {}
type plain struct{}
func (plain) get() {}
func f() {}
type store interface{ Get() }
`)
	for _, c := range []struct{ pkg, fn, inside, outside, symbol string }{
		{"p", "f", "f", "p.f", "f"},
		{"p", "plain.get", "plain.get", "p.plain.get", "plain.get"},
		{"p", "client.do", "(*client).do", "(*p.client).do", "client.do"},
		{"p", "client.peek", "client.peek", "p.client.peek", "client.peek"},
		{"p", "store.Get", "store.Get", "p.store.Get", "store.Get"},
		{"net/http", "Get", "Get", "http.Get", "Get"},
		{"net/http", "Client.Do", "(*Client).Do", "(*http.Client).Do", "Client.Do"},
	} {
		pkg := w.pkgs[c.pkg]
		fn := find(t, pkg, c.fn)
		if in, out, sym := Name(fn, pkg), Name(fn, nil), Symbol(fn); in != c.inside || out != c.outside || sym != c.symbol {
			t.Errorf("%s of %s is %s inside, %s outside, %s in the table", c.fn, c.pkg, in, out, sym)
		}
	}
}
