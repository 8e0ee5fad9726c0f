// Package known holds the table of known packages (internal/effects/known.table)
// against the packages themselves. It has tests alone.
package known
