package resident

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
)

// Types returns a fingerprint of the types of the values: of the names and types of their fields, and so on. It tells
// versions of the messages apart. gob leaves out fields that one side does not know, and a request that is only half
// understood must not be answered.
func Types(values ...any) string {
	h := sha256.New()
	seen := map[reflect.Type]bool{}
	for _, v := range values {
		describe(h, reflect.TypeOf(v), seen)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func describe(w io.Writer, t reflect.Type, seen map[reflect.Type]bool) {
	fmt.Fprintf(w, "%s %s\n", t.Kind(), t)
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		describe(w, t.Elem(), seen)
	case reflect.Map:
		describe(w, t.Key(), seen)
		describe(w, t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && f.Type.Kind() != reflect.Func {
				fmt.Fprintln(w, f.Name)
				describe(w, f.Type, seen)
			}
		}
	}
}
