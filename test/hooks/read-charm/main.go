// Reads a .charm file with Juju's own parser and prints as JSON what Juju makes of it: the test
// compares that with what was meant. Every refusal of Juju's is an error here.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/juju/charm/v12"
)

type action struct {
	Description string `json:"description"`
	// The values that the action gets when a person gives none.
	Defaults map[string]interface{} `json:"defaults"`
	Types    map[string]interface{} `json:"types"`
}

type option struct {
	Type    string      `json:"type"`
	Default interface{} `json:"default"`
}

type seen struct {
	Name        string            `json:"name"`
	Subordinate bool              `json:"subordinate"`
	Requires    map[string]string `json:"requires"`
	Bindings    []string          `json:"bindings"`
	Bases       []string          `json:"bases"`
	Options     map[string]option `json:"options"`
	Actions     map[string]action `json:"actions"`
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: read-charm FILE.charm"))
	}
	what, err := read(os.Args[1])
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(what); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func read(file string) (*seen, error) {
	archive, err := charm.ReadCharmArchive(file)
	if err != nil {
		return nil, err
	}
	if err := charm.CheckMeta(archive); err != nil {
		return nil, err
	}
	meta := archive.Meta()
	what := &seen{
		Name:        meta.Name,
		Subordinate: meta.Subordinate,
		Requires:    map[string]string{},
		Options:     map[string]option{},
		Actions:     map[string]action{},
	}
	for name, relation := range meta.Requires {
		what.Requires[name] = relation.Interface
	}
	for name := range meta.ExtraBindings {
		what.Bindings = append(what.Bindings, name)
	}
	for _, base := range archive.Manifest().Bases {
		what.Bases = append(what.Bases, base.String())
	}
	for name, one := range archive.Config().Options {
		what.Options[name] = option{one.Type, one.Default}
	}
	for name, spec := range archive.Actions().ActionSpecs {
		one, err := readAction(spec)
		if err != nil {
			return nil, fmt.Errorf("action %s: %w", name, err)
		}
		what.Actions[name] = *one
	}
	return what, nil
}

func readAction(spec charm.ActionSpec) (*action, error) {
	defaults, err := spec.InsertDefaults(nil)
	if err != nil {
		return nil, err
	}
	types := map[string]interface{}{}
	properties, _ := spec.Params["properties"].(map[string]interface{})
	for name, property := range properties {
		schema, ok := property.(map[string]interface{})
		if !ok {
			return nil, fmt.Errorf("parameter %s is no mapping", name)
		}
		types[name] = schema["type"]
	}
	return &action{spec.Description, defaults, types}, nil
}
