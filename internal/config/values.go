package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/goherd/goherd/internal/promise"
)

// A key is one thing that can be set, and how its value is read.
type key struct {
	name string
	read func(p *parser, key string, v *yaml.Node)
}

// The keys, in the order of the flags; what no flag has comes last.
var keys = []key{
	{"rules", (*parser).rules},
	{"skip", (*parser).rules},
	{"safety", (*parser).word},
	{"limit", (*parser).number},
	{"form", (*parser).word},
	{"tests", (*parser).truth},
	{"tags", (*parser).tags},
	{"rounds", (*parser).number},
	{"since", (*parser).text},
	{"baseline", (*parser).text},
	{"reads", (*parser).patterns},
	{"writes", (*parser).patterns},
}

func (p *parser) set(key, text string, v *yaml.Node) {
	p.file.Values = append(p.file.Values, Value{Key: key, Text: text, Place: p.place(v)})
}

// described is a value as an error calls it.
func described(v *yaml.Node) string {
	switch {
	case v.Kind == yaml.MappingNode:
		return "a mapping"
	case v.Kind == yaml.SequenceNode:
		return "a list"
	case v.Kind == yaml.AliasNode:
		return "an alias"
	case v.Tag == "!!null":
		return "nothing"
	case v.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return fmt.Sprintf("%q, in quotes", v.Value)
	}
	return fmt.Sprintf("%q", v.Value)
}

// number takes a whole number in decimal, and none of YAML's other ways to
// write one.
func (p *parser) number(key string, v *yaml.Node) {
	n, err := strconv.Atoi(v.Value)
	switch {
	case v.Kind != yaml.ScalarNode || v.Tag != "!!int" || err != nil || strconv.Itoa(n) != v.Value:
		p.complainAt(v, "%s is a whole number, as in \"%s: 8\", and this is %s", key, key, described(v))
	case n < 1:
		p.complainAt(v, "%s is at least 1: without the key, goherd chooses", key)
	default:
		p.set(key, v.Value, v)
	}
}

// truth takes true and false; yes, no, on and off meant that once, and no longer do.
func (p *parser) truth(key string, v *yaml.Node) {
	if v.Kind != yaml.ScalarNode || v.Tag != "!!bool" || v.Value != "true" && v.Value != "false" {
		p.complainAt(v, "%s is true or false, and this is %s", key, described(v))
		return
	}
	p.set(key, v.Value, v)
}

func (p *parser) word(key string, v *yaml.Node) {
	words := p.Safeties
	if key == "form" {
		words = p.Forms
	}
	switch {
	case v.Kind != yaml.ScalarNode || v.Tag != "!!str":
		p.complainAt(v, "%s is one of %s, and this is %s", key, strings.Join(words, ", "), described(v))
	case !slices.Contains(words, v.Value):
		p.complainAt(v, "there is no %s %q: %s", key, v.Value, p.Instead(v.Value, words))
	default:
		p.set(key, v.Value, v)
	}
}

// text takes what isn't empty and has no line of its own to end.
func (p *parser) text(key string, v *yaml.Node) {
	switch {
	case v.Kind != yaml.ScalarNode || v.Tag != "!!str":
		p.complainAt(v, "%s is a text, which goes in quotes where it looks like something else, and this is %s", key, described(v))
	case strings.TrimSpace(v.Value) == "" || strings.ContainsAny(v.Value, "\n\r"):
		p.complainAt(v, "%s is empty or has several lines: give it one, or remove the key", key)
	default:
		p.set(key, v.Value, v)
	}
}

// texts gives the items of a list of words, without those that are something else.
func (p *parser) texts(key, example string, v *yaml.Node) []*yaml.Node {
	if v.Kind != yaml.SequenceNode {
		if v.Kind == yaml.ScalarNode {
			example = item(v.Value)
		}
		p.complainAt(v, "%s is a list, and this is %s: write %s: [%s]", key, described(v), key, example)
		return nil
	}
	if len(v.Content) == 0 {
		p.complainAt(v, "%s is an empty list: put something into it, or remove the key", key)
	}
	var items []*yaml.Node
	for _, item := range v.Content {
		if item.Kind != yaml.ScalarNode || item.Tag != "!!str" {
			p.complainAt(item, "%s is a list of words, and this is %s", key, described(item))
			continue
		}
		items = append(items, item)
	}
	return items
}

// item is a word as it may stand in a list: one with more than letters goes in
// quotes. A comma goes without, since it makes two words of one.
func item(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ',' }) {
		return strconv.Quote(text)
	}
	return text
}

func (p *parser) rules(key string, v *yaml.Node) {
	example := "all"
	if len(p.Rules) > 0 {
		example = p.Rules[0]
	}
	var names []string
	for _, item := range p.texts(key, example, v) {
		switch {
		case strings.Contains(item.Value, ","):
			p.complainAt(item, "%q is one item here: write each rule as one of its own, [a, b]", item.Value)
		case item.Value != "all" && !slices.Contains(p.Rules, item.Value):
			p.complainAt(item, "there is no rule %q: %s (goherd rules lists them)", item.Value, p.Instead(item.Value, p.Rules))
		default:
			names = append(names, item.Value)
		}
	}
	p.set(key, strings.Join(names, ","), v)
}

func (p *parser) tags(key string, v *yaml.Node) {
	var tags []string
	for _, item := range p.texts(key, "integration", v) {
		if strings.ContainsFunc(item.Value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' }) || item.Value == "" {
			p.complainAt(item, "%q is no build tag: a tag is made of letters, digits, _ and dots", item.Value)
			continue
		}
		tags = append(tags, item.Value)
	}
	p.set(key, strings.Join(tags, ","), v)
}

func (p *parser) patterns(key string, v *yaml.Node) {
	verb := promise.Reads
	if key == promise.Writes.Key() {
		verb = promise.Writes
	}
	for _, item := range p.texts(key, `"**.Repo.Get*"`, v) {
		pattern, err := promise.Parse(item.Value)
		if err != nil {
			p.complainAt(item, "the pattern %q: %v", item.Value, err)
			continue
		}
		p.file.Promises.Entries = append(p.file.Promises.Entries, promise.Entry{Pattern: pattern, Verb: verb, Place: p.place(item)})
		p.contradiction(verb, item)
	}
}

// contradiction complains of a pattern that stands under both keys.
func (p *parser) contradiction(verb promise.Verb, item *yaml.Node) {
	before, said := p.promised[item.Value]
	if said && before.verb != verb {
		p.complainAt(item, "the pattern %q stands under %s, too (line %d): it is one or the other", item.Value, before.verb.Key(), before.line)
		return
	}
	p.promised[item.Value] = spoken{verb, item.Line}
}
