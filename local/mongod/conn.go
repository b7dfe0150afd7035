package mongod

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"runtime/debug"

	"github.com/FerretDB/wire"
	"github.com/FerretDB/wire/wirebson"
	"go.mongodb.org/mongo-driver/bson"
)

// serveConn answers one client, a message at a time, until either side closes the connection.
func (s *Server) serveConn(conn net.Conn) {
	defer s.untrack(conn)
	from := client{s.lastConn.Add(1), conn.LocalAddr().String()}
	defer s.conversations.Delete(from.id)
	r, w := bufio.NewReader(conn), bufio.NewWriter(conn)
	for {
		header, body, err := readMessage(r)
		if err != nil {
			if !errors.Is(err, wire.ErrZeroRead) && !isClosed(err) {
				s.opts.Logger.Warn("a database client sent what is no message", "err", err)
			}
			return
		}
		reply, err := s.answer(from, header, body)
		if err == nil && reply != nil {
			err = writeMessage(w, header, from.id, reply)
		}
		if err != nil {
			if !isClosed(err) {
				s.opts.Logger.Warn("a database client got no answer", "err", err)
			}
			return
		}
	}
}

// readMessage is wire.ReadMessage, which panics on some truncated messages.
func readMessage(r *bufio.Reader) (header *wire.MsgHeader, body wire.MsgBody, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("malformed message: %v", p)
		}
	}()
	return wire.ReadMessage(r)
}

func writeMessage(w *bufio.Writer, to *wire.MsgHeader, id int32, reply wire.MsgBody) error {
	b, err := reply.MarshalBinary()
	if err != nil {
		return fmt.Errorf("encode a reply: %w", err)
	}
	header := &wire.MsgHeader{
		MessageLength: int32(wire.MsgHeaderLen + len(b)),
		RequestID:     id,
		ResponseTo:    to.RequestID,
		OpCode:        wire.OpCodeMsg,
	}
	if _, ok := reply.(*wire.OpReply); ok {
		header.OpCode = wire.OpCodeReply
	}
	if err := wire.WriteMessage(w, header, reply); err != nil {
		return fmt.Errorf("write a reply: %w", err)
	}
	return w.Flush()
}

// answer runs the command in a message. A nil reply means that the client wants none (write concern
// 0).
func (s *Server) answer(from client, header *wire.MsgHeader, body wire.MsgBody) (wire.MsgBody, error) {
	switch msg := body.(type) {
	case *wire.OpMsg:
		reply, err := s.runMsg(from, msg)
		if err != nil || msg.Flags.FlagSet(wire.OpMsgMoreToCome) {
			return nil, err
		}
		return wire.NewOpMsg(reply)
	case *wire.OpQuery:
		reply, err := s.runQuery(from, msg)
		if err != nil {
			return nil, err
		}
		return wire.NewOpReply(reply)
	default:
		return nil, fmt.Errorf("unexpected message %s", header.OpCode)
	}
}

func (s *Server) runMsg(from client, msg *wire.OpMsg) (wirebson.RawDocument, error) {
	doc, err := decode(msg.RawSection0())
	if err != nil {
		return encodeReply(nil, err)
	}
	for _, section := range msg.Sections() {
		if section.Kind != 1 {
			continue
		}
		list := bson.A{}
		for _, raw := range section.Documents() {
			d, err := decode(raw)
			if err != nil {
				return encodeReply(nil, err)
			}
			list = append(list, d)
		}
		doc = append(doc, bson.E{Key: section.Identifier, Value: list})
	}
	return encodeReply(s.run(from, doc))
}

// runQuery answers the old OP_QUERY message, with which a driver opens its first connection and
// nothing else.
func (s *Server) runQuery(from client, msg *wire.OpQuery) (wirebson.RawDocument, error) {
	query := msg.Query()
	if query == nil {
		return encodeReply(nil, errorf(codeBadValue, "empty query"))
	}
	raw, err := query.Encode()
	if err != nil {
		return nil, fmt.Errorf("encode a query: %w", err)
	}
	doc, err := decode(raw)
	if err != nil {
		return encodeReply(nil, err)
	}
	if len(doc) == 0 || !isHandshake(doc[0].Key) {
		return encodeReply(nil, errorf(codeUnsupportedOpQuery, "OP_QUERY carries only hello and isMaster"))
	}
	return encodeReply(s.run(from, append(doc, bson.E{Key: "$db", Value: "admin"})))
}

// run finds and runs a command. A panic is that command's error alone: writes are made on copies
// that are dropped with it.
func (s *Server) run(from client, doc bson.D) (reply bson.D, err error) {
	if len(doc) == 0 {
		return nil, errorf(codeFailedToParse, "empty command")
	}
	name := doc[0].Key
	defer func() {
		if p := recover(); p != nil {
			s.opts.Logger.Error("a database command panicked", "command", name, "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			reply, err = nil, errorf(codeInternal, "%s: internal error: %v", name, p)
		}
	}()
	command, ok := s.commands[name]
	if !ok {
		return nil, errorf(codeCommandNotFound, "no such command: '%s'", name)
	}
	req, err := newRequest(from, doc, command.fields)
	if err != nil {
		return nil, err
	}
	if err := s.needsLogin(req); err != nil {
		return nil, err
	}
	if err := s.authorize(req); err != nil {
		return nil, err
	}
	reply, err = command.run(req)
	if !command.noWait {
		// Whatever the answer says, it may rest on writes of others that are still on their way to
		// the disk.
		if syncErr := s.engine.settle(); syncErr != nil {
			return nil, errorf(codeInternal, "%v", syncErr)
		}
	}
	return reply, err
}

func isClosed(err error) bool {
	var netErr *net.OpError
	return errors.Is(err, net.ErrClosed) || errors.As(err, &netErr)
}
