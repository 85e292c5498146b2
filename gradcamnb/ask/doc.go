// Package ask holds what is asked of an engine, and what it says of a model, as plain data: a [Request] with its
// [Target]s, [Sampling] and [Measuring], and [Info] and [Layer]. It is beneath both package gradcamnb, which has these
// types under the same names for who explains, and package driver, which is for who writes an engine.
package ask
