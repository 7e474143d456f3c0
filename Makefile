# The front door. Everything else is CMake's: see CMakePresets.json.
#   make          build ./build/xmon
#   make run      install what is missing, build, start the agent (ARGS="…" are its options)
#   make check    install what is missing, build with gcc and clang, run the tests
#   make release  build/release/xmon: one static file
SECONDS ?= 600

.PHONY: all run check check-long release bench fuzz web clean

all:
	@tools/setup build
	@cmake --preset default > build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log
	cmake --build build

run: all
	./build/xmon agent $(ARGS)

check:
	@tools/setup check
	@tools/check

check-long:
	@tools/setup check
	@tools/check long

release:
	@tools/setup build
	@cmake --preset release > /dev/null
	cmake --build build/release --target xmon
	strip build/release/xmon
	@ls -l build/release/xmon

bench: all release
	@tools/setup check
	test/bench/run

fuzz:
	@tools/setup check
	tools/fuzz $(SECONDS)

web:
	@tools/setup web
	web/build

clean:
	rm -rf build
