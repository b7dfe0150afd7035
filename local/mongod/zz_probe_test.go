package mongod
import ("testing";"time";"os";"log/slog";"sync/atomic";"go.mongodb.org/mongo-driver/v2/bson")
func BenchmarkZZ(b *testing.B){
 dir:=b.TempDir()
 s,err:=Open(dir,quiet()); if err!=nil{b.Fatal(err)}
 fill(b,s,100_000)
 t0:=time.Now(); if err:=s.engine.compact();err!=nil{b.Log(err)}; b.Log("compact",time.Since(t0))
 s.Close()
 s,err=Open(dir,Options{Logger:slog.New(slog.NewTextHandler(os.Stderr,nil))}); if err!=nil{b.Fatal(err)}
 s.Close()
 f,_:=os.CreateTemp(b.TempDir(),"x"); t0=time.Now(); for range 300 {f.Write(make([]byte,200)); f.Sync()}; b.Log("fsync",time.Since(t0)/300)
 b.Log("ok")
}
func TestZZ(t *testing.T){
 b:=setup(t); mustInsert(t,b.orders,bson.M{"_id":"a","n":0})
 for _,w:=range []int{1,16}{
  var n atomic.Int64; j:=b.server.engine.journal; s0:=j.seq; t0:=time.Now()
  together(w,func(int){ for time.Since(t0)<2*time.Second { b.orders.UpdateByID(t.Context(),"a",bson.M{"$inc":bson.M{"n":1}}); n.Add(1)} })
  t.Logf("%d writers: %d/s, %d fsyncs/s", w, n.Load()/2, (j.seq-s0)/2)
 }
}
