# The only way in: people and CI call these and nothing else.
CONFIGURATION ?= Release
SERVER := src/VmShepherd.Server
DOTNET_FLAGS := -c $(CONFIGURATION) --nologo

.PHONY: help run build test test-openstack fuzz chaos mutate bench publish pack format

help: ## What there is.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: ## The main job on the embedded default: three groups of simulated machines with real HTTP checks. API and panel: http://127.0.0.1:8888
	dotnet run -c $(CONFIGURATION) --project $(SERVER) -- -c "$(CURDIR)/config/settings.yaml"

build: ## Everything, warnings are errors.
	dotnet build $(DOTNET_FLAGS) VmShepherd.slnx

test: ## All tests but those of test-openstack, set-up included.
	scripts/install-test-tools
	CONFIGURATION=$(CONFIGURATION) scripts/test

test-openstack: ## The OpenStack driver against a real OpenStack: installs it (Debian, root), starts it on loopback, tests, stops it.
	CONFIGURATION=$(CONFIGURATION) scripts/test-openstack

fuzz: ## A million spoilt documents through the readers of settings and presets. Prints its seeds; VMSHEPHERD_SEED=N tries that one again.
	dotnet build $(DOTNET_FLAGS) -v q tests/Core.Tests
	VMSHEPHERD_FUZZ=$${VMSHEPHERD_FUZZ:-1000000} dotnet run -c $(CONFIGURATION) --no-build --project tests/Core.Tests -- -class "*FuzzTests" -showLiveOutput

chaos: ## Ten minutes of faults over five real instances, a hundred cold starts of three, failover. Prints its seed; VMSHEPHERD_SEED=N draws the same faults again, VMSHEPHERD_CHAOS=N lasts N seconds.
	scripts/install-test-tools
	dotnet build $(DOTNET_FLAGS) -v q tests/Instances.Tests
	VMSHEPHERD_CHAOS=$${VMSHEPHERD_CHAOS:-600} dotnet run -c $(CONFIGURATION) --no-build --project tests/Instances.Tests -- -showLiveOutput

mutate: ## Takes each guard away once and names the test that notices. Not part of `test`.
	scripts/mutate

bench: ## Benchmarks, each beside its floor in the same run.
	dotnet run -c $(CONFIGURATION) --project bench -- all

publish: ## A self-contained program with its files: artifacts/publish/vmshepherd.
	dotnet publish $(DOTNET_FLAGS) $(SERVER) --runtime linux-x64 --self-contained -o artifacts/publish

pack: ## The driver SDK and the template for drivers as NuGet packages in artifacts/packages.
	dotnet pack $(DOTNET_FLAGS) src/VmShepherd.Abstractions -o artifacts/packages
	dotnet pack $(DOTNET_FLAGS) src/VmShepherd.Testing -o artifacts/packages
	dotnet pack $(DOTNET_FLAGS) templates -o artifacts/packages

format: ## Code style, as .editorconfig says.
	dotnet format VmShepherd.slnx
