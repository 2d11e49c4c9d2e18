package chaos

import (
	"strings"
	"time"

	"locksmith/test/cloud"
)

// fault makes one call in seven of the product fail, in one way or another, and all that go to a service that is down.
func (w *world) fault(c cloud.Call) *cloud.Fault {
	if c.Action == "Scan" { // only this test scans
		return nil
	}
	if c.Account != "999988887777" && !strings.HasSuffix(c.Caller, ":root") {
		return nil
	}
	if w.isDead() {
		return &cloud.Fault{DropRequest: true}
	}
	if w.calm() {
		return nil
	}
	if w.IntN(100) == 0 {
		w.tell("%s takes long", c.Action)
		w.pass(time.Duration(5+w.IntN(50)) * time.Second)
	}
	if w.isDown(c.Service) {
		return &cloud.Fault{Code: "ServiceUnavailable", Status: 503}
	}
	if w.IntN(7) > 0 {
		return nil
	}
	all := []cloud.Fault{{Code: "Throttling", Message: "Rate exceeded", Status: 400},
		{Code: "InternalError", Status: 500}, {Code: "SlowDown", Status: 503},
		{Code: "InternalError", Status: 500, AfterEffect: true}, {DropReply: true}, {DropRequest: true},
		{Code: "ExpiredToken", Status: 400}}
	f := all[w.IntN(len(all))]
	w.tell("%s fails: %s %d after=%v lost=%v,%v", c.Action, f.Code, f.Status, f.AfterEffect, f.DropRequest, f.DropReply)
	return &f
}

func (w *world) isDown(service string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now.Before(w.down[service])
}

// outage takes a service down for a while.
func (w *world) outage() {
	services := []string{"dynamodb", "sns", "sts", "s3", "sqs"}
	if w.grouped {
		services = append(services, "organizations")
	}
	service, while := services[w.IntN(len(services))], time.Duration(1+w.IntN(20))*time.Minute
	w.tell("%s is down for %v", service, while)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down[service] = w.now.Add(while)
}
