package main

import (
	"fmt"
	"path"
	"reflect"
	"runtime"
	"strings"
)

type check struct {
	name string
	run  func()
}

// problem is what a check panics with.
type problem string

// runAll runs the checks one after the other and tells src/interop/run how each went.
func runAll(checks []check) {
	for _, check := range checks {
		if reason := reasonOf(check.run); reason == "" {
			fmt.Printf("passed\t%s\n", check.name)
		} else {
			fmt.Printf("failed\t%s\t%s\n", check.name, strings.Join(strings.Fields(reason), " "))
		}
	}
	fmt.Println("end")
}

func reasonOf(run func()) (reason string) {
	defer func() {
		if recovered := recover(); recovered != nil {
			found, ours := recovered.(problem)
			if !ours {
				panic(recovered)
			}
			reason = string(found)
		}
	}()
	run()
	return ""
}

func equal(actual, expected any) {
	if !reflect.DeepEqual(actual, expected) {
		fail("got %.200v, expected %.200v", actual, expected)
	}
}

func isTrue(holds bool, format string, args ...any) {
	if !holds {
		fail(format, args...)
	}
}

// must returns the result of what may not fail.
func must[T any](result T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return result
}

func fail(format string, args ...any) {
	panic(problem(fmt.Sprintf("client.go:%d ", line()) + fmt.Sprintf(format, args...)))
}

// line returns where in client.go a check is.
func line() int {
	for skip := 1; ; skip++ {
		_, file, line, ok := runtime.Caller(skip)
		if !ok || path.Base(file) == "client.go" {
			return line
		}
	}
}
