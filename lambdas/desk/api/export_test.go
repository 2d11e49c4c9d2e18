package api

// ShownRequest and ShownProblem are what clients see, for the test of their description.
func ShownRequest() any { return request{} }
func ShownProblem() any { return problem{} }
