package p

import "context"

type User struct{ ID string }

type Order struct{ ID string }

type Page struct {
	User   *User
	Orders []Order
}

type Users interface {
	GetUser(ctx context.Context, id string) (*User, error)
}

type Orders interface {
	ListOrders(ctx context.Context, id string) ([]Order, error)
}

type Pages struct {
	users  Users
	orders Orders
}
