// Reads a dashboard with the types that Grafana generates from its own schemas, and refuses every field
// that Grafana does not know, and every panel and query of another kind than ours.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

func main() {
	cog.NewRuntime().RegisterPanelcfgVariant(timeseries.VariantConfig())
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		refuse(err.Error())
	}
	var known dashboard.Dashboard
	refuse(textOf(known.UnmarshalJSONStrict(raw)))
	refuse(textOf(known.Validate()))
	refuse(faultOfPanels(raw))
}

// Grafana's reader of a whole dashboard is not strict about the parts of its panels.
func faultOfPanels(raw []byte) string {
	var parts struct{ Panels []json.RawMessage }
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err.Error()
	}
	for index, part := range parts.Panels {
		if fault := faultOfPanel(part); fault != "" {
			return fmt.Sprintf("panel %d: %s", index+1, fault)
		}
	}
	return ""
}

func faultOfPanel(raw []byte) string {
	var panel dashboard.Panel
	if fault := textOf(panel.UnmarshalJSONStrict(raw)); fault != "" {
		return fault
	}
	if panel.Type != "timeseries" {
		return fmt.Sprintf("unexpected type '%s'", panel.Type)
	}
	var parts struct {
		FieldConfig json.RawMessage
		Targets     []json.RawMessage
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err.Error()
	}
	var fields dashboard.FieldConfigSource
	if fault := textOf(fields.UnmarshalJSONStrict(parts.FieldConfig)); fault != "" {
		return fault
	}
	for _, target := range parts.Targets {
		var query prometheus.Dataquery
		if fault := textOf(query.UnmarshalJSONStrict(target)); fault != "" {
			return fault
		}
	}
	return ""
}

// The empty list of errors that Grafana's code returns is not nil.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func refuse(fault string) {
	if fault != "" {
		fmt.Fprintln(os.Stderr, fault)
		os.Exit(1)
	}
}
