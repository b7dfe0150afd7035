package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"handler/function/cmd/tillbell/target"
	"handler/function/internal/mongodb"
	"handler/function/internal/plural"
)

const theDatabase = "MongoDB"

func (d *doctor) databaseChecks() []Check {
	needs := []string{theDatabase}
	return []Check{
		{Name: theDatabase, Look: d.lookAtDatabase},
		{Name: "the writes' durability", Needs: needs, Look: d.lookAtReplicas},
		{Name: "the database user", Needs: needs, Look: d.lookAtUser},
		{Name: "the index", Needs: needs, Look: d.lookAtIndex},
		{Name: "the database's space", Needs: needs, Look: d.lookAtSpace},
	}
}

func (d *doctor) lookAtDatabase(ctx context.Context) Finding {
	if f, bad := d.unusable(target.MongoDB, theDatabase, "the connection string"); bad {
		return f
	}
	client, err := d.database()
	if err == nil {
		err = client.Ping(ctx, nil)
	}
	switch {
	case err == nil:
		return ok("MongoDB answers")
	case mongodb.Fault(err) != nil:
		return faulty(mongodb.Fault(err))
	case strings.Contains(err.Error(), "look up"):
		return wrong("is the cluster's name in the connection string right? is the cluster still there?", "MongoDB's name cannot be looked up")
	}
	return wrong("does Atlas's Network Access let this machine in, and the server? is the cluster paused?", "MongoDB cannot be reached")
}

// faulty is the finding about a fault of the database.
func faulty(fault error) Finding {
	const login = "make secrets, with the user and password of Atlas's Database Access"
	switch fault {
	case mongodb.ErrURI:
		return wrong("make secrets", "the driver cannot read the connection string")
	case mongodb.ErrAuth:
		return wrong(login, "MongoDB refuses the user or the password")
	case mongodb.ErrNoUser:
		return wrong(login, "MongoDB requires a user and a password, and the connection string has none")
	case mongodb.ErrFull:
		return wrong(moreSpace, "the database is full and refuses writes")
	}
	return wrong(fmt.Sprintf(readWrite, "of mongodb_database"), "the database user lacks a permission")
}

const (
	readWrite = "give the user the role readWrite on the database %s"
	moreSpace = "move to a larger tier, or remove old orders; if the tier is larger, set mongodb_quota_mb in settings.yml"
)

// MongoDB's error codes: https://www.mongodb.com/docs/manual/reference/error-codes/
const (
	namespaceNotFound = 26
	commandNotFound   = 59
	atlasError        = 8000
)

func hasCode(err error, code int) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorCode(code)
}

// ask runs a command that changes nothing.
func (d *doctor) ask(ctx context.Context, database string, command bson.D, into any) error {
	client, err := d.database()
	if err != nil {
		return err
	}
	return client.Database(database).RunCommand(ctx, command).Decode(into)
}

// lookAtReplicas says what "a majority has it in its journal", which every write of the functions
// asks for, is worth there.
func (d *doctor) lookAtReplicas(ctx context.Context) Finding {
	var hello struct {
		SetName  string   `bson:"setName"`
		Hosts    []string `bson:"hosts"`
		Arbiters []string `bson:"arbiters"`
	}
	if err := d.ask(ctx, "admin", bson.D{{Key: "hello", Value: 1}}, &hello); err != nil {
		return unknown(reason(err), "the writes' durability")
	}
	switch {
	case hello.SetName == "", len(hello.Hosts) == 1:
		return ok("writes wait for the journal of the one database server that there is")
	case len(hello.Arbiters) > 0 && len(hello.Hosts) < 3:
		return wrong("give it a third member with data in place of an arbiter",
			"with %s and an arbiter, writes wait for ever while one of them is away", plural.Of(len(hello.Hosts), "member"))
	}
	return ok("writes wait until a majority of %s has them in its journal", plural.Of(len(hello.Hosts), "member"))
}

// privilege is a part of what connectionStatus tells.
type privilege struct {
	Resource struct {
		DB          *string `bson:"db"`
		Collection  *string `bson:"collection"`
		AnyResource bool    `bson:"anyResource"`
	} `bson:"resource"`
	Actions []string `bson:"actions"`
}

// covers reports whether a privilege is about a collection. Empty names mean every one, but not the
// system's.
func (p privilege) covers(database, collection string) bool {
	r := p.Resource
	if r.AnyResource {
		return true
	}
	return r.DB != nil && r.Collection != nil && (*r.DB == "" || *r.DB == database) && (*r.Collection == "" || *r.Collection == collection)
}

// lookAtUser reads, and asks what else the user may do: to try it would write.
func (d *doctor) lookAtUser(ctx context.Context) Finding {
	if fault := mongodb.Fault(d.readOrder(ctx)); fault == mongodb.ErrNoUser {
		return faulty(fault)
	}
	var status struct {
		Info struct {
			Users      []bson.D    `bson:"authenticatedUsers"`
			Privileges []privilege `bson:"authenticatedUserPrivileges"`
		} `bson:"authInfo"`
	}
	err := d.ask(ctx, d.Database(), bson.D{{Key: "connectionStatus", Value: 1}, {Key: "showPrivileges", Value: true}}, &status)
	if err != nil {
		return unknown(reason(err), "the database user")
	}
	if len(status.Info.Users) == 0 {
		if target.IsLoopback(strings.Replace(d.Given(target.MongoDB), "mongodb://", "http://", 1)) {
			return ok("the database requires no user, and listens on this machine alone")
		}
		return unknown("the connection string names no user", "the database user")
	}
	may := map[string]bool{}
	for _, p := range status.Info.Privileges {
		if p.covers(d.Database(), mongodb.Collection) {
			for _, action := range p.Actions {
				may[action] = true
			}
		}
	}
	var lacks []string
	for _, action := range []string{"find", "insert", "update", "createIndex"} {
		if !may[action] {
			lacks = append(lacks, action)
		}
	}
	if lacks != nil {
		return wrong(fmt.Sprintf(readWrite, d.Database()), "the database user may not %s orders", list(lacks))
	}
	return ok("the database user may read and write %s.%s", d.Database(), mongodb.Collection)
}

// readOrder reads the ID of any order.
func (d *doctor) readOrder(ctx context.Context) error {
	var reply bson.D
	return d.ask(ctx, d.Database(), bson.D{
		{Key: "find", Value: mongodb.Collection}, {Key: "projection", Value: bson.D{{Key: "_id", Value: 1}}},
		{Key: "limit", Value: 1}, {Key: "singleBatch", Value: true},
	}, &reply)
}

func (d *doctor) lookAtIndex(ctx context.Context) Finding {
	client, err := d.database()
	if err != nil {
		return unknown(reason(err), "the index")
	}
	cursor, err := client.Database(d.Database()).Collection(mongodb.Collection).Indexes().List(ctx)
	type index struct {
		Key bson.D `bson:"key"`
	}
	var indexes []index
	if err == nil {
		err = cursor.All(ctx, &indexes)
	}
	switch {
	case hasCode(err, namespaceNotFound), err == nil && len(indexes) == 0:
		return ok("there are no orders yet; send-email makes the indexes when it starts")
	case err != nil:
		return unknown(reason(err), "the index")
	}
	missing := slices.DeleteFunc(mongodb.Indexed(), func(field string) bool {
		return slices.ContainsFunc(indexes, func(i index) bool { return len(i.Key) > 0 && i.Key[0].Key == field })
	})
	if len(missing) > 0 {
		return wrong("send-email makes them when it sweeps; its log says why it did not ("+d.logs(ctx, "send-email")+")",
			"orders lack the index on %s, and are all read to find a few", strings.Join(missing, " and on "))
	}
	return ok("orders have the indexes that they are found by")
}

// freeTier is what Atlas's M0 holds, data and indexes uncompressed:
// https://www.mongodb.com/docs/atlas/reference/free-shared-limitations/
const freeTier = 512

const megabyte = 1 << 20

func (d *doctor) lookAtSpace(ctx context.Context) Finding {
	var stats struct {
		Data  float64 `bson:"dataSize"`
		Index float64 `bson:"indexSize"`
		Used  float64 `bson:"fsUsedSize"`
		Total float64 `bson:"fsTotalSize"`
	}
	if err := d.ask(ctx, d.Database(), bson.D{{Key: "dbStats", Value: 1}}, &stats); err != nil {
		return unknown(reason(err), "the database's space")
	}
	used, total, whose := stats.Data+stats.Index, d.quotaMB()*megabyte, "of the tier's"
	switch {
	case total > 0:
	case strings.Contains(d.Given(target.MongoDB), ".mongodb.net"):
		total, whose = freeTier*megabyte, "of Atlas's free tier's"
	case stats.Total > 0:
		used, total, whose = stats.Used, stats.Total, "of the disk's"
	default:
		return unknown("the database does not say how much there is; mongodb_quota_mb in settings.yml does", "the database's space, of which %s are taken", size(used))
	}
	text := fmt.Sprintf("the database takes %s %s %s", size(used), whose, size(total))
	switch {
	case used >= total:
		return wrong(moreSpace, "the database is full and refuses writes: %s", text)
	case used > 0.8*total:
		return wrong(moreSpace, "%s", text)
	}
	return ok("%s", text)
}

// quotaMB is how much the database's tier holds, as far as the owner has said; 0 where that is not
// known.
func (d *doctor) quotaMB() float64 {
	if d.options.DatabaseMB > 0 {
		return float64(d.options.DatabaseMB)
	}
	set, _ := strconv.ParseFloat(d.Setting("mongodb_quota_mb"), 64) // what is no number, the function says
	return set
}

func size(bytes float64) string {
	if bytes < megabyte {
		return fmt.Sprintf("%.0f KB", bytes/1024)
	}
	return fmt.Sprintf("%.0f MB", bytes/megabyte)
}

// reason is why the database did not answer a question, without what the driver quotes.
func reason(err error) string {
	switch {
	case mongodb.Fault(err) == mongodb.ErrNoUser:
		return "the connection string names no user"
	case mongodb.Fault(err) == mongodb.ErrPermission:
		return "the database user may not ask"
	case hasCode(err, commandNotFound), hasCode(err, atlasError):
		return "this database does not tell"
	case mongo.IsTimeout(err), mongo.IsNetworkError(err):
		return "the database did not answer in time"
	}
	return "the database did not answer the question"
}
