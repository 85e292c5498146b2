package gomlxzoo

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
)

// refused are the methods that a network has no place for, and a part of the reason. All other
// methods of the registries make a map of numbers of each of these networks.
var refused = map[string]map[string]string{
	"mnist":  {"CAM": "needs a network that ends in a global average pooling", "LeGrad": "is for vision transformers"},
	"resnet": {"LeGrad": "is for vision transformers"},
	"vit":    {"CAM": "needs a network that ends in a global average pooling"},
}

// Every method works on GoMLX networks at layers that nobody named, or says why not. Of one of
// many passes the first counts.
func TestMethods(t *testing.T) {
	var methods []string
	for _, m := range cam.All() {
		methods = append(methods, m.Name)
	}
	for _, m := range perturb.All() {
		methods = append(methods, m.Name)
	}
	for _, n := range Nets() {
		reasons, ok := refused[n.Name]
		if !ok {
			continue
		}
		t.Run(n.Name, func(t *testing.T) {
			m := open(t, "go", n)
			r := rand.New(rand.NewPCG(1, 1))
			in := gradcamnb.Tensor{Dims: n.Input, Values: make([]float32, n.Input[1]*n.Input[2]*n.Input[3])}
			for i := range in.Values {
				in.Values[i] = float32(r.NormFloat64())
			}
			for _, method := range methods {
				ctx, stop := context.WithCancel(t.Context())
				request := gradcamnb.Request{Tensor: &in, Progress: func(gradcamnb.Progress) { stop() }}
				results, err := m.Run(ctx, request, gradcamnb.Class(0), gradcamnb.Methods(method),
					gradcamnb.Sampled(gradcamnb.Sampling{Masks: 4, Batch: 2, Grid: 2}))
				stop()
				switch want := reasons[method]; {
				case want != "":
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s: error %v, want %q", method, err, want)
					}
				case err != nil && !errors.Is(err, context.Canceled):
					t.Errorf("%s: %v", method, err)
				case err == nil && slices.ContainsFunc(results[0].Maps[0].Values, func(v float32) bool { return v != v }):
					t.Errorf("%s: the map holds what is no number", method)
				}
			}
		})
	}
}
