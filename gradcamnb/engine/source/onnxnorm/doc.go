// Package onnxnorm rewrites an ONNX graph into one that onnx-gomlx imports
// without loss, whose gradients are right and whose layout is fast.
//
// It does three things in one walk over the nodes:
//
//   - it closes the importer's gaps (pool attributes, HardSigmoid, transposed
//     convolution, pads computed by a constant subgraph, ...);
//   - it replaces operators whose gradient is wrong, hangs or takes minutes in
//     the versions pinned in go.mod (even-sized and grouped convolutions, resize,
//     the kinks of Relu and Clip, ties in a max pool);
//   - it keeps every picture-like value channels-last, [batch, h, w, channels],
//     which is what both XLA on CPU and the pure-Go backend are quick at.
//
// Each operator is one file: a [rule], registered under the ONNX name, that states the output's shape and emits the
// nodes. The walk knows every shape, because the input's shape is given. So it folds away whatever only computes
// shapes, and a rule never meets a dynamic dimension.
//
// Weights never pass through the rewritten file. They are graph inputs whose values [Graph.Weights] returns, transposed
// to the order that the rewritten graph needs. So a second input shape rewrites only the structure.
package onnxnorm
