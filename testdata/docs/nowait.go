package p

import "context"

type Layer struct{}

type Store interface {
	Diff(ctx context.Context, l Layer) (string, error)
	Convert(ctx context.Context, l Layer, id string) (Layer, error)
}

type Cache struct{ m map[string]string }

func (c *Cache) Fill(key string) {}
