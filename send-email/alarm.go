package function

import "time"

// minPause keeps what fails at once from being swept without a pause.
const minPause = time.Second

// alarm tells the sweep of times at which something will be due. A time that finds it full is dropped:
// the sweep's interval covers it.
type alarm chan time.Time

func newAlarm() alarm { return make(alarm, 64) }

// set asks for a sweep at the given time; nil asks for none.
func (a alarm) set(at *time.Time) {
	if at == nil {
		return
	}
	select {
	case a <- *at:
	default:
	}
}

// wait returns at the earliest time that was set, at the end of the interval otherwise.
func (a alarm) wait(interval time.Duration) {
	timer := time.NewTimer(interval)
	defer timer.Stop()
	end := time.Now().Add(interval)
	for {
		select {
		case <-timer.C:
			return
		case at := <-a:
			if at.Before(end) {
				end = at
				timer.Reset(max(time.Until(at), minPause))
			}
		}
	}
}
