// Renders a chart as Helm does, for tests where Helm is not to be had: text/template with sprig, and the few things of
// Helm that this repository's chart uses. Also reads a file of YAML. Both print JSON.
//
//	render chart <folder> <release> <namespace> < values.json
//	render yaml <file>
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type object = map[string]interface{}

func main() {
	printed, err := run(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(printed)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) (interface{}, error) {
	if len(args) == 4 && args[0] == "chart" {
		given, err := readJSON(os.Stdin)
		if err != nil {
			return nil, err
		}
		return renderChart(args[1], object{"Name": args[2], "Namespace": args[3]}, given)
	}
	if len(args) == 2 && args[0] == "yaml" {
		return readYAML(args[1])
	}
	return nil, errors.New("say: chart <folder> <release> <namespace>, or yaml <file>")
}

// What a chart comes to: its values as they were used, the objects of each template, and what is said to who installs.
type rendered struct {
	Values  object                   `json:"values"`
	Objects map[string][]interface{} `json:"objects"`
	Notes   string                   `json:"notes"`
}

func renderChart(folder string, release object, given object) (*rendered, error) {
	chart, err := readObject(filepath.Join(folder, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	values, err := readObject(filepath.Join(folder, "values.yaml"))
	if err != nil {
		return nil, err
	}
	release["Service"] = "Helm"
	release["IsInstall"] = true
	release["IsUpgrade"] = false
	release["Revision"] = 1
	root := object{"Chart": capitalised(chart), "Values": merge(values, given), "Release": release}
	templates, names, err := parse(filepath.Join(folder, "templates"))
	if err != nil {
		return nil, err
	}
	result := &rendered{Values: root["Values"].(object), Objects: map[string][]interface{}{}}
	for _, name := range names {
		text, err := execute(templates, name, root)
		if err != nil {
			return nil, err
		}
		if name == "NOTES.txt" {
			result.Notes = text
			continue
		}
		if result.Objects[name], err = documents(text); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", name, err, text)
		}
	}
	return result, nil
}

// Every template there is, and the names of those that are rendered.
func parse(folder string) (*template.Template, []string, error) {
	templates := template.New("chart").Option("missingkey=zero")
	templates.Funcs(functions(templates))
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, err
	}
	names := []string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, nil, err
		}
		if _, err := templates.New(entry.Name()).Parse(string(text)); err != nil {
			return nil, nil, err
		}
		if !strings.HasPrefix(entry.Name(), "_") {
			names = append(names, entry.Name())
		}
	}
	return templates, names, nil
}

// Those of sprig but for the two that Helm takes away, and Helm's own.
func functions(templates *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	all["include"] = func(name string, data interface{}) (string, error) {
		return execute(templates, name, data)
	}
	all["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, errors.New(message)
		}
		return value, nil
	}
	all["toYaml"] = func(value interface{}) (string, error) {
		var out bytes.Buffer
		encoder := yaml.NewEncoder(&out)
		encoder.SetIndent(2)
		err := encoder.Encode(value)
		return strings.TrimSuffix(out.String(), "\n"), err
	}
	return all
}

// Helm, too, writes nothing where a value is missing.
func execute(templates *template.Template, name string, data interface{}) (string, error) {
	var out strings.Builder
	err := templates.ExecuteTemplate(&out, name, data)
	return strings.ReplaceAll(out.String(), "<no value>", ""), err
}

func documents(text string) ([]interface{}, error) {
	found := []interface{}{}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document interface{}
		if err := decoder.Decode(&document); err == io.EOF {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		if document != nil {
			found = append(found, document)
		}
	}
}

// Maps are put together, deep down; whatever else is given stands in the place of what was there, and null takes it away.
func merge(below object, above object) object {
	for key, value := range above {
		deeper, isObject := value.(object)
		known, wasObject := below[key].(object)
		if isObject && wasObject {
			below[key] = merge(known, deeper)
		} else if value == nil {
			delete(below, key)
		} else {
			below[key] = value
		}
	}
	return below
}

// The names of Chart.yaml as templates say them.
func capitalised(chart object) object {
	named := object{}
	for key, value := range chart {
		named[strings.ToUpper(key[:1])+key[1:]] = value
	}
	return named
}

func readObject(path string) (object, error) {
	value, err := readYAML(path)
	if err != nil {
		return nil, err
	}
	if found, ok := value.(object); ok {
		return found, nil
	}
	return nil, fmt.Errorf("%s is no map", path)
}

// By way of JSON, as Helm does: every number is a float then.
func readYAML(path string) (interface{}, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var value interface{}
	if err := yaml.Unmarshal(text, &value); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	written, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var read interface{}
	err = json.Unmarshal(written, &read)
	return read, err
}

func readJSON(from io.Reader) (object, error) {
	read := object{}
	err := json.NewDecoder(from).Decode(&read)
	return read, err
}
