//go:build tools

// Package tools pins the lab's image registry.
package tools

import (
	_ "github.com/google/go-containerregistry/cmd/crane"
)
