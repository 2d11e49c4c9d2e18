package signin

import (
	"html/template"
	"net/http"
)

// page is what the door itself says. Its style is that of the pages.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} - Locksmith</title>
<link rel="stylesheet" href="{{.Base}}/style.css">
</head>
<body>
<main>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
<p><a href="{{.Base}}/">Go to the desk</a></p>
</main>
</body>
</html>
`))

// say answers with a page of the door's own.
func (d *Door) say(w http.ResponseWriter, status int, title, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = page.Execute(w, map[string]string{"Title": title, "Text": text, "Base": d.home.Path})
}
