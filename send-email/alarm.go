package function

import (
	"context"
	"time"
)

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

// wait returns at the earliest time that was set, at the end of the interval otherwise, and at once
// when quit is done.
func (a alarm) wait(quit context.Context, now func() time.Time, interval time.Duration) {
	timer := time.NewTimer(interval)
	defer timer.Stop()
	end := now().Add(interval)
	for {
		select {
		case <-quit.Done():
			return
		case <-timer.C:
			return
		case at := <-a:
			if at.Before(end) {
				end = at
				timer.Reset(max(at.Sub(now()), minPause))
			}
		}
	}
}
