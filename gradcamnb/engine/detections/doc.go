// Package detections reads a model's outputs as detections: which decoder fits ([Readers]), whether what it reads makes
// sense, and what is found in pictures ([Search]).
package detections
