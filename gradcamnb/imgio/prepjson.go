package imgio

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Filled is the preprocessing with what is usual in place of what is not said: fit crop and order RGB.
func (p Prep) Filled() Prep {
	if p.Fit == "" {
		p.Fit = Crop
	}
	if p.Order == "" {
		p.Order = "RGB"
	}
	return p
}

// plainPrep is Prep without its methods.
type plainPrep Prep

// UnmarshalJSON reads a preprocessing. Mean and scale are three numbers, or one for all channels.
func (p *Prep) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	read := struct {
		*plainPrep
		Mean  channels `json:"mean"`
		Scale channels `json:"scale"`
	}{plainPrep: (*plainPrep)(p), Mean: channels(p.Mean), Scale: channels(p.Scale)}
	if err := d.Decode(&read); err != nil {
		return err
	}
	p.Mean, p.Scale = read.Mean, read.Scale
	return nil
}

// channels is a number for each of three channels, written as one number where they are alike.
type channels [3]float32

func (c *channels) UnmarshalJSON(data []byte) error {
	var one float32
	if json.Unmarshal(data, &one) == nil {
		*c = channels{one, one, one}
		return nil
	}
	var three []float32
	if err := json.Unmarshal(data, &three); err != nil || len(three) != 3 {
		return fmt.Errorf("%s: write one number, or three as [123.7, 116.3, 103.5]", data)
	}
	*c = channels(three)
	return nil
}
