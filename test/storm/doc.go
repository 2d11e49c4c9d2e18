// Package storm puts many policy changes at once through the unlock function as it is deployed. All have to be settled,
// nothing may be lost, and each event has to cost the same however many there are.
package storm
