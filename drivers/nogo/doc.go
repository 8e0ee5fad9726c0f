// Package nogo shows goherd under nogo, the driver of Bazel's rules_go: example is a
// workspace, and the test runs the real nogo over it, without Bazel.
package nogo
