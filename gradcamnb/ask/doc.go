// Package ask holds the plain data that goes to an engine and comes back from it: a [Request] with its [Target]s,
// [Sampling] and [Measuring], and the description of a model, [Info] and [Layer]. Package gradcamnb has these types
// under the same names for programs that explain models. Package driver uses them for authors of engines.
package ask
