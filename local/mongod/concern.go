package mongod

// checkConcerns refuses a concern that this server does not keep. Every write is durable before its
// answer, and every read sees the latest durable writes, so the ones that it keeps change nothing.
func (r *request) checkConcerns() error {
	if v := r.value("readConcern"); v != nil {
		concern, err := r.sub("readConcern", v, "level provenance")
		if err != nil {
			return err
		}
		if level := concern.value("level"); level != nil && level != "local" && level != "majority" {
			return errorf(codeFailedToParse, "readConcern.level %v is not supported by the embedded database", level)
		}
	}
	v := r.value("writeConcern")
	if v == nil {
		return nil
	}
	concern, err := r.sub("writeConcern", v, "w j wtimeout provenance")
	if err != nil {
		return err
	}
	w := concern.value("w")
	if n, ok := wholeNumber(w); w != nil && w != "majority" && (!ok || n < 0 || n > 1) {
		return errorf(codeUnsatisfiableConcern, "Not enough data-bearing nodes for w: %v", w)
	}
	_, err = concern.bool("j", false)
	return err
}
