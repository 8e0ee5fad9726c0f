package report

// The objects of SARIF 2.1.0 that goherd writes, under the names of the standard
// (docs.oasis-open.org/sarif/sarif/v2.1.0). The Go libraries for SARIF bring a
// validator and its dependencies into the program, and tests use one.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool            `json:"tool"`
		ID          *sarifID             `json:"automationDetails"`
		Invocations []sarifInvocation    `json:"invocations"`
		Columns     string               `json:"columnKind"`
		Bases       map[string]sarifBase `json:"originalUriBaseIds"`
		Taxonomies  []sarifTaxonomy      `json:"taxonomies"`
		Results     []sarifResult        `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name        string           `json:"name"`
		Version     string           `json:"version,omitempty"`
		Information string           `json:"informationUri"`
		Rules       []sarifRule      `json:"rules"`
		Taxonomies  []sarifComponent `json:"supportedTaxonomies"`
	}
	sarifRule struct {
		ID         string          `json:"id"`
		Short      sarifText       `json:"shortDescription"`
		Full       sarifText       `json:"fullDescription"`
		Help       sarifText       `json:"help"`
		URI        string          `json:"helpUri"`
		Config     sarifConfig     `json:"defaultConfiguration"`
		Relations  []sarifRelation `json:"relationships,omitempty"`
		Properties struct {
			Tags      []string `json:"tags"`
			Precision string   `json:"precision"`        // GitHub's: very-high, high, medium, low
			Severity  string   `json:"problem.severity"` // GitHub's: error, warning, recommendation
		} `json:"properties"`
	}
	sarifConfig struct {
		Level   string `json:"level"`
		Enabled bool   `json:"enabled"`
	}
	sarifRelation struct {
		Target sarifTaxon `json:"target"`
		Kinds  []string   `json:"kinds"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifID struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful bool        `json:"executionSuccessful"`
		Notes      []sarifNote `json:"toolExecutionNotifications"`
	}
	sarifNote struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifBase struct {
		Description sarifText `json:"description"`
	}
	sarifTaxonomy struct {
		Name         string            `json:"name"`
		Organization string            `json:"organization"`
		Information  string            `json:"informationUri"`
		Short        sarifText         `json:"shortDescription"`
		Taxa         []sarifTaxonEntry `json:"taxa"`
	}
	sarifTaxonEntry struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
	}
	sarifTaxon struct {
		ID        string         `json:"id"`
		Component sarifComponent `json:"toolComponent"`
	}
	sarifComponent struct {
		Name string `json:"name"`
	}
	sarifResult struct {
		Rule         string            `json:"ruleId"`
		Index        int               `json:"ruleIndex"` // -1: none
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Taxa         []sarifTaxon      `json:"taxa,omitempty"`
		Fixes        []sarifFix        `json:"fixes,omitempty"`
		Properties   struct {
			Safety    string `json:"safety"`
			RefusedBy string `json:"refusedBy,omitempty"`
		} `json:"properties"`
	}
	sarifLocation struct {
		ID       int            `json:"id,omitempty"`
		Message  *sarifText     `json:"message,omitempty"`
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
		Context  *sarifRegion  `json:"contextRegion,omitempty"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Full string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted *sarifText  `json:"insertedContent,omitempty"`
	}
)
