package device

import (
	"errors"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A run that failed while a trainer took a weight away is told as that, even if the trainer has put the weight back
// since. Any other error stays as it is.
func TestBlame(t *testing.T) {
	lacks := errors.New(`variable "/gain" failed to initialize`)
	odd := errors.New("input has been released, but not marked as consumed")
	for name, c := range map[string]struct {
		err  error
		step func(gain, moment *model.Variable) error // between
		want string
	}{
		"not there": {lacks, func(gain, _ *model.Variable) error { return gain.Reset() }, "its weights /gain are not there"},
		"put back": {lacks, func(gain, _ *model.Variable) error { return gain.SetValue(tensors.FromValue(float32(2))) },
			"its weights /gain are not there"},
		"replaced": {odd, func(gain, _ *model.Variable) error { return gain.SetValue(tensors.FromValue(float32(2))) },
			"its weights /gain are not there"},
		"moments replaced": {odd, func(_, moment *model.Variable) error {
			return moment.SetValue(tensors.FromValue(float32(2)))
		}, "its weights are not there"},
		"freed":            {odd, func(gain, _ *model.Variable) error { return gain.MustValue().FinalizeAll() }, "/gain are not there"},
		"something else":   {odd, func(_, _ *model.Variable) error { return nil }, "released"},
		"nothing is wrong": {nil, func(gain, _ *model.Variable) error { return gain.Reset() }, ""},
	} {
		store := model.NewStore()
		gain := store.RootScope().VariableWithValue("gain", float32(1))
		moment := store.RootScope().In("optimizer").VariableWithValue("moment", float32(1)).SetTrainable(false)
		before := hold(store)
		if err := c.step(gain, moment); err != nil {
			t.Fatal(err)
		}
		got := before.blame(store, c.err)
		if (got == nil) != (c.err == nil) || got != nil && !strings.Contains(got.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", name, got, c.want)
		}
	}
}
