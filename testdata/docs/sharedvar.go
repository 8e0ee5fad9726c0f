package p

import "context"

type user struct{}

type order struct{}

type page struct {
	user   *user
	orders []order
}

type store struct{}

func (*store) user(ctx context.Context, id string) (*user, error) { return nil, ctx.Err() }

func (*store) orders(ctx context.Context, id string) ([]order, error) { return nil, ctx.Err() }
