package shops

// invalid are slips, each of which is one mistake.
var invalid = []struct {
	name string
	edit func(owner)
}{
	{"a field that there is not", func(o owner) { o.replace(catalogueFile, "from:", "form: {}\nfrom:") }},
	{"a variable that there is not", func(o owner) {
		o.replace("templates/sale/subject.hbs", "{{{total.formatted}}}", "{{{total.formated}}}")
	}},
	{"an address that is none", func(o owner) { o.replace(catalogueFile, "owner@example.com", "owner@example") }},
	{"a template that is not there", func(o owner) { o.replace(catalogueFile, "template: receipt", "template: reciept") }},
	{"a price among the products", func(o owner) { o.replace(catalogueFile, "[prod_ebook]", "[price_1MoBy5LkdIwHu7ix]") }},
	{"a file that is no part of a template", func(o owner) { o.files["templates/sale/body.hbs"] = "" }},
	{"the marks of a merge", func(o owner) { o.files[lockFile] = "<<<<<<< HEAD\naccounts: {}\n=======\naccounts:\n>>>>>>> v2\n" }},
}
