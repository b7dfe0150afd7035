package templates

import "handler/function/internal/published"

// PlaceholderID stands for the ID of a dynamic template that was never published, such as on the laptop:
// always the same for a template's name (with its language, receipt.fr), and of the form of SendGrid's.
func PlaceholderID(name string) string { return published.PlaceholderID(name) }
