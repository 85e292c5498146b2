package imgio

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// UnmarshalJSON reads a preprocessing. An unknown field is an error. Mean and scale may be a number for each of three
// colours, or one number for all.
func (p *Prep) UnmarshalJSON(data []byte) error {
	type plain Prep
	var numbers struct {
		plain
		Mean  channels `json:"mean"`
		Scale channels `json:"scale"`
	}
	numbers.plain = plain(*p)
	if err := strictjson.Decode(data, &numbers); err != nil {
		var unknown *strictjson.UnknownFieldError
		if errors.As(err, &unknown) && unknown.Name == "std" {
			err = fmt.Errorf("%w; a standard deviation of pixels of 0 to 255 is the scale", err)
		}
		return err
	}
	read := Prep(numbers.plain)
	err := errors.Join(take(&read.Mean, "mean", numbers.Mean), take(&read.Scale, "scale", numbers.Scale))
	if err == nil {
		*p = read
	}
	return err
}

// take sets to to three numbers, or to one number for all three. If from is empty, to stays as it is.
func take(to *[3]float32, name string, from []float32) error {
	switch len(from) {
	case 0:
	case 1:
		*to = each(from[0])
	case 3:
		*to = [3]float32(from)
	default:
		return fmt.Errorf("the %s has %d numbers: give three, or one for all channels", name, len(from))
	}
	return nil
}

// channels are the numbers of a mean or scale. In JSON they are a list, or one number alone.
type channels []float32

func (c *channels) UnmarshalJSON(data []byte) error {
	var one float32
	if json.Unmarshal(data, &one) == nil && string(data) != "null" {
		*c = channels{one}
		return nil
	}
	return json.Unmarshal(data, (*[]float32)(c))
}

// WithDefaults returns the preprocessing with defaults for empty fields: the fit crop and the order RGB.
func (p Prep) WithDefaults() Prep {
	if p.Fit == "" {
		p.Fit = Crop
	}
	if p.Order == "" {
		p.Order = "RGB"
	}
	return p
}
