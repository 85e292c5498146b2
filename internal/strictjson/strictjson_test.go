package strictjson

import (
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	type inner struct {
		Width int       `json:"width"`
		Mean  []float32 `json:"mean"`
	}
	type outer struct {
		Name  string         `json:"name"`
		Input *inner         `json:"input"`
		On    bool           `json:"on"`
		All   []*inner       `json:"all"`
		Mask  map[string]int `json:"mask"`
		More  any            `json:"more"`
	}
	for text, want := range map[string]string{
		`{"name": "a", "input": {"width": 3}}`:     "",
		"\xef\xbb\xbf{}":                           "",
		"":                                         "it is empty",
		`{"name": "a"`:                             "it ends too early",
		`{"name": "a",}`:                           "line 1: nothing follows a comma",
		`{"all": [],]}`:                            "line 1: ",
		"{\n'name': 'a'}":                          "line 2: texts and names stand between double quotation marks",
		`{"name": 'a'}`:                            "line 1: texts and names stand between double quotation marks",
		"{\"name\": \"a\"\n\"on\": true}":          "line 2: a comma is missing",
		`{"on": True}`:                             "line 1: true and false are written with small letters",
		`{"on": NaN}`:                              "line 1: JSON has no NaN, and None is written null",
		`{"on": true # yes` + "\n}":                "line 1: ",
		"{\n# yes\n\"on\": true}":                  "line 2: JSON has no comments",
		"{\n\"name\": a}":                          "line 2: ",
		`{"nam": "a"}`:                             `there is no field "nam", did you mean "name"?; there are name, input, on, all, mask, more`,
		`{"input": {"std": 1}}`:                    `there is no field "std"; there are width, mean`,
		`{"all": [{}, {"with": 1}]}`:               `there is no field "with", did you mean "width"?; there are width, mean`,
		`{"name": 3}`:                              `"name" is a number, and should be text`,
		`{"input": {"width": 1e400}}`:              `"width" is a number 1e400, and should be a whole number`,
		`{"input": {"width": "3"}}`:                `"width" is a text in quotation marks, and should be a whole number`,
		`{"input": {"mean": 3}}`:                   `"mean" is a number, and should be a list, [...]`,
		`{"input": 3}`:                             `"input" is a number, and should be an object, {...}`,
		`{"on": 1}`:                                `"on" is a number, and should be true or false`,
		`[]`:                                       "it is a list, and should be an object",
		`{"name": "a", "name": "b"}`:               `"name" is given twice`,
		`{"input": {"width": 3}, "input": {}}`:     `"input" is given twice`,
		`{"input": {"width": 3, "w\u0069dth": 4}}`: `"width" is given twice`,
		`{"name": "\"name\": {", "input": {"mean": [1, 1]}}`: "",
		`{"Name": "a"}`:                                            "",
		`{"Name": "a", "name": "b"}`:                               `"name" is given twice, as "Name" and as "name"`,
		`{"input": {"width": 3, "Width": 4}}`:                      `"width" is given twice, as "width" and as "Width"`,
		`{"all": [{"width": 3}, {"Width": 4, "WIDTH": 5}]}`:        `"width" is given twice, as "Width" and as "WIDTH"`,
		"{\"mask\": {\"k\": 1, \"\u212a\": 2}, \"mas\u212a\": {}}": `"mask" is given twice`, // the sign of kelvin
		`{"mask": {"x": 1, "X": 2}, "more": [{"y": {}, "Y": 0}]}`:  "",                      // names of others
		`{"mask": {"x": 1, "x": 2}}`:                               `"x" is given twice`,
		`{} x`:                                                     "there is something after the closing brace",
	} {
		err := Decode([]byte(text), &outer{})
		if (err == nil) != (want == "") || err != nil &&
			(!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Go ") ||
				strings.Contains(err.Error(), "json:")) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// Files of other programs may have more fields, and errors of them have no names of Go.
func TestUnmarshal(t *testing.T) {
	type row struct {
		Box []float64 `json:"bbox"`
	}
	for text, want := range map[string]string{
		`[{"bbox": [1, 2], "iscrowd": 0}]`: "",
		`[{"bbox": "x"}]`:                  `"bbox" is a text in quotation marks, and should be a list`,
		`{}`:                               "it is an object, and should be a list",
		`[{"bbox": [1`:                     "it ends too early",
		`[{"bbox": [1}`:                    "line 1: ",
		"":                                 "it is empty",
		"[\n{x}]":                          "line 2: ",
	} {
		var rows []row
		err := Unmarshal([]byte(text), &rows)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "Go ") || strings.Contains(err.Error(), "json:")) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}
