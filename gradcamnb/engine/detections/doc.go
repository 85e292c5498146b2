// Package detections finds detections in a model's outputs. [Readers] finds the decoders that fit the outputs, and
// [Search] runs the model, checks that a decoder's boxes make sense, and keeps the detections.
package detections
