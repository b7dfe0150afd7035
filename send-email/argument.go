package function

// argumentError is an argument that makes no sense. It says which, and what would; it quotes nothing.
type argumentError struct{ name, want string }

func (e *argumentError) Error() string { return e.name + ": want " + e.want }
