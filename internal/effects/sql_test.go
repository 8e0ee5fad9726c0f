package effects

import (
	"strings"
	"testing"
)

// Each statement is followed by what it is, and why where that isn't plain.
var sqlCases = []struct {
	text string
	want Verb
}{
	// Reads.
	{"SELECT id FROM users WHERE id = $1", Read},
	{"select id, name from users where id = ? and age >= ?", Read},
	{"SELECT * FROM t WHERE name = :name", Read},
	{"SELECT * FROM t WHERE name = @name", Read},
	{"SELECT * FROM t WHERE id=?;", Read},
	{"SELECT * FROM t ; -- that was it", Read},
	{"\n\tSELECT a\n\tFROM t\n\tWHERE b IN (?, ?, ?)\n\tORDER BY a LIMIT 10 OFFSET 20\n", Read},
	{"SELECT count(*), max(created_at) FROM orders GROUP BY customer HAVING count(*) > 3", Read},
	{"SELECT COALESCE(lower(name), '') FROM t WHERE created < now()", Read},
	{"SELECT COUNT (DISTINCT a) FROM t", Read},
	{"SELECT 'a; DELETE FROM t' AS s", Read},
	{"SELECT 'it''s; DROP TABLE t'", Read},
	{`SELECT "update", "a""b" FROM "delete"`, Read},
	{"SELECT `update`, `t`.`set` FROM `delete` WHERE x = 1", Read},
	{"SELECT [id], [order] FROM [dbo].[user t]", Read},
	{"SELECT t.delete, t.update FROM t", Read}, // after a dot it is a name
	{"SELECT /* delete from t */ 1", Read},
	{"SELECT 1 -- ; delete from t", Read},
	{"SELECT 1 -- it's\nFROM t", Read},
	{"-- name: GetUser :one\nSELECT * FROM users WHERE id = $1", Read},
	{"(SELECT a FROM t) UNION ALL (SELECT a FROM u)", Read},
	{"WITH x AS (SELECT 1) SELECT * FROM x", Read},
	{"WITH RECURSIVE t(n, m) AS (VALUES (1, 2) UNION ALL SELECT n + 1, m FROM t WHERE n < 100) SELECT sum(n) FROM t", Read},
	{"WITH a AS MATERIALIZED (SELECT 1), b (c) AS NOT MATERIALIZED (SELECT 2) SELECT * FROM a, b", Read},
	{"SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) AS y", Read},
	{"SELECT a::text, CAST(b AS numeric(10, 2)), data->>'k' FROM t WHERE tags @> '{x}'", Read},
	{"SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t", Read},
	{"SELECT count(*) FILTER (WHERE a) FROM t", Read},
	{"SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id) AND NOT (a OR b)", Read},
	{"SELECT CASE WHEN (a) THEN (b) ELSE (c) END FROM t JOIN u USING (id) LEFT JOIN v ON (v.id = t.id)", Read},
	{"SELECT * FROM (VALUES (1, 2), (3, 4)) AS v(a, b)", Read},
	{"SELECT replace(a, 'x', 'y'), left(b, 3), extract(epoch FROM c), substring(d FROM 1 FOR 3) FROM t", Read},
	{"SELECT TOP (10) a FROM t", Read},
	{"SELECT a FROM t WHERE b = ANY($1)", Read},
	{"SELECT a - 1, a-1, -1, 1.5e-3, 0xFF FROM t", Read},
	{"SELECT N'x', E'y', X'00', B'01'", Read},
	{"SELECT v FROM v$session", Read},
	{"SHOW TABLES", Read},
	{"SHOW CREATE TABLE t", Read},
	{"show server_version;", Read},
	{"EXPLAIN SELECT 1", Read},
	{"EXPLAIN ANALYZE SELECT * FROM t", Read},
	{"EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM t", Read},
	{"EXPLAIN FORMAT=JSON SELECT * FROM t", Read},
	{"EXPLAIN QUERY PLAN SELECT 1", VerbUnknown}, // Oracle's EXPLAIN PLAN writes a table

	// Writes.
	{"INSERT INTO t (a) VALUES (1)", Write},
	{"insert into t select * from u", Write},
	{"UPDATE t SET a = 1", Write},
	{"  \n DELETE FROM t", Write},
	{"/* hello */ DELETE FROM t", Write},
	{"-- SELECT\nDELETE FROM t", Write},
	{"MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = 1", Write},
	{"REPLACE INTO t VALUES (1)", Write},
	{"CREATE TABLE t (a int)", Write},
	{"DROP TABLE t", Write},
	{"ALTER TABLE t ADD a int", Write},
	{"TRUNCATE t", Write},
	{"GRANT ALL ON t TO u", Write},
	{"SELECT * INTO backup FROM t", Write},
	{"SELECT * FROM t FOR UPDATE", Write},
	{"SELECT * FROM t FOR NO KEY UPDATE SKIP LOCKED", Write},
	{"SELECT a FROM t INTO OUTFILE '/tmp/x'", Write},
	{"WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", Write},
	{"WITH x AS (SELECT 1), y AS (INSERT INTO t VALUES (1) RETURNING id) SELECT * FROM y", Write},
	{"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", Write},
	{"WITH x(a) AS (SELECT 1) UPDATE t SET a = 1", Write},
	{"SELECT 1; DELETE FROM t", Write},
	{"SELECT 1; DELETE FROM t;", Write},
	{"DELETE FROM t; SELECT 1", Write},
	{"SELECT 1 DELETE FROM t", Write},                               // SQL Server wants no semicolon
	{"SELECT * FROM FINAL TABLE (INSERT INTO t VALUES (1))", Write}, // Db2
	{"EXPLAIN ANALYZE WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", Write},
	{"SELECT [update] FROM t", Write},                     // an index to PostgreSQL
	{"SELECT * FROM [DELETE FROM t RETURNING id]", Write}, // CockroachDB

	// What nobody can tell, or a dialect would see otherwise.
	{"", VerbUnknown},
	{" -- nothing", VerbUnknown},
	{"getUserByID", VerbUnknown}, // the name of a prepared statement
	{"SELECT 1; SELECT 2", VerbUnknown},
	{"SELECT nextval('s')", VerbUnknown},
	{"SELECT s.nextval FROM dual", VerbUnknown},
	{"SELECT NEXT VALUE FOR s", VerbUnknown},
	{"SELECT last_insert_id()", VerbUnknown},
	{"SELECT @@identity", VerbUnknown},
	{"SELECT @a := 1", VerbUnknown},
	{"SELECT pg_advisory_lock(1)", VerbUnknown},
	{"SELECT create_user($1)", VerbUnknown},
	{"SELECT public.create_user($1)", VerbUnknown},
	{`SELECT "create_user"($1)`, VerbUnknown},
	{"SELECT `f` (1)", VerbUnknown},
	{"SELECT [f](1)", VerbUnknown},
	{"SELECT create_user /* ( */ ($1)", VerbUnknown},
	{"SELECT * FROM dblink('x', 'DELETE FROM t') AS t(a int)", VerbUnknown},
	{"SELECT * FROM t FOR SHARE", VerbUnknown},
	{"SELECT * FROM t LOCK IN SHARE MODE", VerbUnknown},
	{"SELECT * FROM t WITH (UPDLOCK)", VerbUnknown},
	{"SELECT 1 EXEC f", VerbUnknown},
	{"SELECT 1exec f", VerbUnknown},
	{"SELECT 1 /*! INTO OUTFILE 'x' */", VerbUnknown}, // MySQL executes it
	{"SELECT 1 /*!50000 ; DELETE FROM t */", VerbUnknown},
	{"SELECT 1 /*M! INTO OUTFILE 'x' */", VerbUnknown},
	{"SELECT /*+ SET_VAR(x=1) */ 1", VerbUnknown},
	{"SELECT 1 /* a /* b */ ' */ ; DELETE FROM t -- '", VerbUnknown}, // PostgreSQL nests
	{"SELECT 1--1; DELETE FROM t", VerbUnknown},                      // MySQL subtracts
	{"SELECT 1 -- a\rDELETE FROM t", VerbUnknown},                    // PostgreSQL ends the comment
	{"SELECT a =-- it's\n1; DELETE FROM t --'", VerbUnknown},         // the lexer takes =-- for one operator
	{"SELECT x/*'*/; DELETE FROM t /*'*/", VerbUnknown},              // and x/ for one word
	{`SELECT '\'; DELETE FROM t; -- '`, VerbUnknown},                 // a backslash is for MySQL alone
	{"SELECT $$; DELETE FROM t $$", VerbUnknown},                     // a string for PostgreSQL alone
	{"SELECT $a$ ; DELETE FROM t ; -- $a$", VerbUnknown},             // a name for MySQL
	{"SELECT 1 # ' \n; DELETE FROM t -- '", VerbUnknown},             // a comment for MySQL alone
	{"SELECT `a`, [b'] ; DELETE FROM t -- '", VerbUnknown},           // SQLite has both
	{"SELECT [a]] 'b] ; DELETE FROM t -- '", VerbUnknown},            // ]] is one bracket inside
	{"SELECT q'[']' ; DELETE FROM t -- '", VerbUnknown},              // Oracle
	{"SELECT r'''a'; DELETE FROM t -- '''", VerbUnknown},             // BigQuery
	{"SELECT 1 // '\n; DELETE FROM t -- '", VerbUnknown},             // Snowflake
	{"SELECT 1\x00; DELETE FROM t", VerbUnknown},                     // the lexer ends there
	{"SELECT * FROM [UPSERT INTO t VALUES (1)]", Write},
	{"SELECT load_extension('x')", VerbUnknown},
	{"SELECT * FROM OPENROWSET('SQLNCLI', 'x', 'DELETE FROM t')", VerbUnknown},
	{"SELECT sleep(10)", VerbUnknown},
	{`SELECT s."f"(1)`, VerbUnknown},
	{"SELECT 1 FROM t LIMIT 1 LOCK IN SHARE MODE", VerbUnknown},
	{"SELECT @@rowcount", VerbUnknown},
	{"SELECT 'a", VerbUnknown},
	{"SELECT 1 /* a", VerbUnknown},
	{"WITH", VerbUnknown},
	{"WITH a AS (", VerbUnknown},
	{"WITH a AS (SELECT 1)", VerbUnknown},
	{"WITH a(b", VerbUnknown},
	{"EXPLAIN DELETE FROM t", VerbUnknown},
	{"EXPLAIN", VerbUnknown},
	{"SHOW", VerbUnknown},
	{"SET x = 1", VerbUnknown},
	{"CALL f()", VerbUnknown},
	{"PRAGMA user_version = 3", VerbUnknown},
	{"{fn now()}", VerbUnknown},
	{"SELECT {fn f()}", VerbUnknown},
	{"VALUES (1)", VerbUnknown},
	{"SELECT\u00a01", VerbUnknown},
	{"SELECT ｆ(1)", VerbUnknown},
}

func TestSQL(t *testing.T) {
	for _, c := range sqlCases {
		if got := SQL(c.text); got != c.want {
			t.Errorf("%q is %s, want %s", c.text, got, c.want)
		}
	}
}

// A write stays one however it is spelled: nothing that separates tokens or goes
// before it makes it a read.
func TestSQLWritesStay(t *testing.T) {
	spaces := []string{" ", "\n", "\t", "/**/", " -- x\n", "/* ' */", " /* \" */ ", "-- `\n"}
	for _, c := range sqlCases {
		if c.want != Write {
			continue
		}
		for _, s := range spaces {
			for _, text := range []string{
				s + c.text + s, "SELECT 1;" + s + c.text, strings.ReplaceAll(c.text, " ", s), strings.ToLower(c.text),
				"SELECT 'a'" + s + "; " + c.text, "SELECT \"a\", `b` ;" + s + c.text, "EXPLAIN" + s + "ANALYZE " + c.text,
				"WITH a AS (" + c.text + ") SELECT * FROM a", "SELECT (" + c.text + ")", "SELECT 1" + s + c.text,
			} {
				if got := SQL(text); got == Read {
					t.Errorf("%q is a read", text)
				}
			}
		}
	}
}

// FuzzSQL puts a write behind, in front of, and inside of whatever the fuzzer
// thinks of that leaves no quote or comment open by itself. A query with a known
// end that is followed by a write is never a read, and nothing makes SQL panic.
func FuzzSQL(f *testing.F) {
	for _, c := range sqlCases {
		f.Add(c.text, uint8(0))
	}
	writes := []string{"DELETE FROM t", "insert into t values (1)", "UPDATE t SET a = 1", "SELECT 1 INTO x", "SELECT f(1)", "SELECT 1 FROM t FOR UPDATE"}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		SQL(text)
		w := writes[int(which)%len(writes)]
		for _, with := range []string{w + ";" + text, w + " " + text, "SELECT 1; " + w + " -- " + text} {
			if SQL(with) == Read {
				t.Errorf("%q is a read", with)
			}
		}
		if strings.ContainsAny(text, "'\"`[$-/#\\{q") {
			return // the text may end inside of a quote or a comment
		}
		for _, with := range []string{text + ";" + w, text + "\n;\n" + w, "SELECT " + text + "; " + w, "WITH x AS (" + text + ") " + w} {
			if SQL(with) == Read {
				t.Errorf("%q is a read", with)
			}
		}
	})
}
