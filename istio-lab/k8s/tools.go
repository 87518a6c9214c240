//go:build tools

// Package tools pins the programs of Kubernetes that the lab runs. Kubernetes names its staging modules by folder, so go.mod
// replaces each of them with the version that was released with it.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
