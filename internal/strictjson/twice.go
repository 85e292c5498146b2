package strictjson

import (
	"encoding/json"
	"fmt"
)

// checkTwice returns an error if an object has a field twice. encoding/json takes the later one without a word. data is
// valid JSON.
func checkTwice(data []byte) error {
	type open struct {
		fields map[string]bool // nil in a list
		named  bool            // the name of the field has been read
	}
	stack := []open{{}}
	for at := 0; at < len(data); at++ {
		in := &stack[len(stack)-1]
		switch data[at] {
		case '{':
			stack = append(stack, open{fields: map[string]bool{}})
		case '[':
			stack = append(stack, open{})
		case '}', ']':
			stack = stack[:len(stack)-1]
		case ',':
			in.named = false
		case '"':
			end := textEnd(data, at)
			if in.fields != nil && !in.named {
				var name string
				if err := json.Unmarshal(data[at:end], &name); err != nil {
					return err
				}
				if in.fields[name] {
					return fmt.Errorf("%.100q is given twice", name)
				}
				in.fields[name], in.named = true, true
			}
			at = end - 1
		}
	}
	return nil
}

// textEnd returns the place after a text in quotation marks.
func textEnd(data []byte, at int) int {
	for at++; at < len(data) && data[at] != '"'; at++ {
		if data[at] == '\\' {
			at++
		}
	}
	return min(at+1, len(data))
}
