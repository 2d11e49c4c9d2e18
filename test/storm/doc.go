// Package storm puts many policy changes at once through the unlock function as it is deployed, and holds it to what the design promises of a storm: all settled, nothing lost, and each
// event at the same cost however many there are.
package storm
