package hostile

const (
	cmd     = "gradcamnb/cmd/gradcam "
	front   = "gradcamnb "
	machine = "gradcamnb/engine "
	sources = "gradcamnb/engine/source "
	rules   = "gradcamnb/engine/source/onnxnorm "
	kernel  = "kernels/gonb-gradcam "
	private = "internal/private "
	kept    = "internal/pjrtcache "
	socket  = "internal/resident "
	imgio   = "gradcamnb/imgio "
	drawing = "gradcamnb/render "
	pages   = "notebooks "
	files   = "internal/atomicfile "
	studies = "gradcamnb/study "
	reading = "internal/regular "
	ort     = "gradcamnb/engine/onnxruntime "
)

// failures are the attacks that once succeeded.
var failures = []row{
	{"H1", "`uninstall --all` deleted folders of the user's own",
		"a marker is written when the folder is made, a folder without it is refused, and files are removed by name",
		[]string{kernel + "TestForeignHomeStays TestRemoveByName TestRemoveHome TestOlderHomeIsMarked"}},
	{"H2", "one blocking open, one stopped client or one long run held up everybody",
		"models are read outside every lock, turns hear their context and pass between batches, notes have a deadline",
		[]string{machine + "TestWaitingEndsWithItsContext TestOpeningHoldsUpNobody TestShortCallsBehindALongOne TestExplainingWhileAnotherIsFetched TestMeetingAtTheTurn TestMeetingAtTheReading",
			machine + "TestRunEndsBetweenPasses", sources + "TestOpeningStops TestOpeningHearsDeadline",
			socket + "TestStoppedCaller TestStoppedServer TestGiveUp", reading + "TestOnlyRegularFiles"}},
	{"H3", "another user could put machine code in the place of ours",
		"one function opens the private folder as a root and checks it, what is above it and each file that is opened",
		[]string{private + "TestCheck TestCheckLinks TestOtherUser TestFolderIsTheOneOpened",
			kept + "TestFolderOfOthers TestFilesOfOthers TestProcessOfAnotherUser",
			kernel + "TestLibrariesAreOurs TestLaunchChecks", cmd + "TestPluginOfAnotherUser",
			"gradcamnb/engine/device TestWhatOthersCouldChange", ort + "TestWhatOthersCouldChange"}},
	{"H4", "226 bytes of ONNX took all memory, or minutes",
		"what a file may have computed, named, emitted and folded has a budget, and a program is weighed before it runs",
		[]string{sources + "TestHostileFiles TestRoom", rules + "TestRefused TestDensifyDamaged TestDamagedModelsDoNotPanic FuzzNormalise",
			cmd + "TestHostile TestMutants", "internal/machine TestMemory"}},
	{"M1", "panics with a stack, and the exit code 2",
		"every command and call recovers at its border; npy headers are checked before they are read",
		[]string{"internal/npyfile TestHostileHeaders TestBadFiles FuzzRead", sources + "TestChangedFile", "internal/cli TestCodes",
			"internal/border TestRecover", "internal/must TestRecovered"}},
	{"M2", "pipes, devices and pictures that cost too much",
		"only regular files are read, opened without blocking, up to a size; pictures are bounded by pixels and bytes",
		[]string{reading + "TestOnlyRegularFiles TestLimit", sources + "TestPipeByAnyName",
			imgio + "TestThinPicture TestForSizeHasALimit TestWebPOfTwoSizes TestWhatCannotBeRead",
			drawing + "TestDrawingTakesTheFiguresMemory", studies + "TestLargePictures", cmd + "TestManyHostilePictures TestManyPicturesAreNotKept",
			front + "TestExplainEachOfLargePictures TestExplainEachIsBounded"}},
	{"M3", "`rise --resume` into its own folder could lose the run",
		"the manifest is written last and names its weights; a run is kept every minute, and at SIGHUP",
		[]string{cmd + "TestRunWrittenInPart TestRiseIsKilledAndGoesOn TestRunOnFullDisk TestCheckpointThatCannotBeWritten TestInterruptedRise TestManyPicturesKilledAndResumed",
			studies + "TestStudyGoesOn TestUnfinishedPart TestStudyOfOtherTruths TestStudyOfModelWithoutFile"}},
	{"M4", "a hub that hangs, redirects for ever or asks for the token elsewhere",
		"lists have a time and a size, at most 10 redirects, the token goes to the hub's own scheme, host and port, what the cache holds is checked",
		[]string{sources + "TestHubGivenUp TestHubOfAStranger TestHubWrongHash TestHubErrors TestHubInterrupted"}},
	{"M5", "file descriptors: one for each model that is kept, and the engine ended without them",
		"open files are counted like memory, and errors of accepting are waited out",
		[]string{"gradcamnb/engine/memory TestOpenFilesAreBounded", socket + "TestPassing",
			machine + "TestFailedOpensLeakNothing"}},
	{"M6", "labels followed links out of the folder", "sidecar and labels are opened within the model's folder",
		[]string{sources + "TestStaysInFolder", reading + "TestOutOfFolder"}},
	{"M7", "`doctor` and `demo` ran Python code of the current folder", "Python runs isolated, in the private folder",
		[]string{kernel + "TestDoctorRunsNothingOfFolder TestImportOurs", "internal/home TestPluginFolders"}},
	{"M8", "the first SIGINT or SIGTERM often did nothing", "the first signal ends a command within five seconds",
		[]string{"internal/cli TestSignals TestSignalsHeard", cmd + "TestOneSignalIsEnough TestSignalEndsEveryCommand TestInterruptedExplain", machine + "TestONNXRuntimeStops"}},
	{"M9", "`go test -race` of a program that computes in pure Go dies",
		"it is a fault of compute 0.1.6's, named with the flag in [Found upstream](upstream.md); CI watches all that does not compute at every change, and the rest at night",
		[]string{machine + "TestMeetingAtTheTurn TestMeetingAtTheReading"}},
	{"L1", "terminal escapes passed through", "one writer spells control characters, and so do errors and what types print of themselves",
		[]string{"internal/printable TestTexts TestWriter", "internal/border TestRecover", "gradcamnb/heatmap TestPrinted",
			"gradcamnb/ask TestPrinted", drawing + "TestHostileLabels", cmd + "TestInert"}},
	{"L2", "weights that are no numbers were not told", "a line on stderr, and a diagnosis in the result",
		[]string{cmd + "TestNaNWeights", machine + "TestNaNIsDiagnosed"}},
	{"L3", "files were 0644 whatever the umask", "they have the umask's mode", []string{files + "TestMode"}},
	{"L4", "hidden temporary files stayed after kills", "those older than a day are swept",
		[]string{files + "TestSweep", cmd + "TestKilledWhileWriting"}},
	{"L5", "sidecars of wrong lengths were cut or filled up", "lengths, text behind the end and NaN are errors",
		[]string{"internal/strictjson TestDecode TestUnmarshal",
			imgio + "TestPrepFromJSON TestValidate TestPrepOfOneNumber"}},
	{"L6", "runtime errors as messages", "types of weights, axes and pads are checked, and what is left becomes a sentence",
		[]string{sources + "TestDamagedOperators", rules + "TestErrors TestDamagedModelsDoNotPanic", ort + "TestFaults"}},
	{"L7", "opsets of 0, 99 or none were accepted without a word", "a line on stderr says as what the file is read",
		[]string{sources + "TestOddOpsets"}},
	{"L8", "flags and recipes without bounds", "requests have bounds; a flag beyond one is a command that was called wrongly, exit code 2",
		[]string{front + "TestBounds TestRecipe", cmd + "TestHostile"}},
	{"L9", "cards had no content security policy", "they have one, and need nothing that it forbids",
		[]string{drawing + "TestHTMLIsSelfContained", pages + "TestCardsInBrowser"}},
	{"L10", "animated WebP, HEIC and AVIF were called damaged", "each has a sentence of its own",
		[]string{imgio + "TestKindsThatAreNotRead"}},
	{"L11", "kept programs had no bound, and a long file was read whole", "2 GiB in all, 256 MiB each, and a file is as long as its entry says",
		[]string{kept + "TestFilesOfOthers"}},
	{"L12", "an engine kept 0.9 GB of heap after a message of 280 MB, and waited for a greeting for ever",
		"a greeting has a minute; Go gives memory that it no longer needs back within minutes, and a limit of its own is set by `GOMEMLIMIT`; only one's own user can send any",
		[]string{socket + "TestSilentCaller"}},
	{"L13", "maps of other batch sizes differ by up to 1.7e-7 in pure Go",
		"sums run in another order; the same command on the same backend gives the same bits, which resuming keeps by drawing the same batches",
		[]string{cmd + "TestRiseIsKilledAndGoesOn", machine + "TestRepeatInterruptResume"}},
}

// tried are all other attacks.
var tried = []row{
	{"models", "232 files by hand: dimensions, initializers, cycles, types, external data, nesting, names",
		"makers of these kinds stand in this package", []string{sources + "TestHostileFiles TestExternalWeights TestBadExternalWeights TestNestedExternal TestForeignFiles", cmd + "TestHostile"}},
	{"fuzz", "14,300 mutants of 197 models", "100,000 mutants at 1 GB each, and seven fuzz targets, a minute each at every change",
		[]string{cmd + "TestMutants", rules + "FuzzNormalise", sources + "FuzzOpen FuzzSidecar", imgio + "FuzzDecode",
			front + "FuzzRecipe", "internal/npyfile FuzzRead", socket + "FuzzMessage"}},
	{"pictures", "113 files: bombs, truncations, orientations, kinds; 10,000 files of which 12 % are damaged; 37 names", "",
		[]string{imgio + "TestWhatCannotBeRead TestUprightInEveryFormat TestOrientations TestDamagedEXIF TestGIFOfPart TestName",
			cmd + "TestManyHostilePictures TestManyPicturesAreNotKept TestFileName TestHostile"}},
	{"sidecars", "59 cases", "",
		[]string{sources + "FuzzSidecar TestSidecarWithoutSize", "gradcamnb/engine/source/maker TestHubLabels",
			"internal/strictjson TestDecode"}},
	{"studies", "archives, tables, lists, truths and folders of results, which the review did not know yet", "",
		[]string{cmd + "TestHostile", "gradcamnb/coco TestDamagedRuns",
			studies + "TestDamagedPictures TestPartsOfNoStudy TestWrongTruths TestTruthsWithoutEnd TestAttachToStrangers TestParquetOfOtherRows TestLongLabelOfParquet TestParquetThatUnpacksToMuch"}},
	{"volumes", "files of slices and arrays of the wrong size", "",
		[]string{cmd + "TestHostile", sources + "TestSidecarSlices", machine + "TestVolumesRefused"}},
	{"pages", "30 cards with 30 payloads in Chromium", "",
		[]string{pages + "TestCardsInBrowser", drawing + "TestHTMLKeepsLabelsText TestHTMLIsSelfContained TestHostileLabels", "gradcamnb/nb TestHostileLabels", studies + "TestReport TestReportSpellsControls"}},
	{"engine", "other users, foreign servers, links, files and stale sockets in its place", "",
		[]string{socket + "TestListen TestUnavailable TestTypes", pages + "TestStaleSocket TestEngineOfAnotherVersion"}},
	{"", "garbage streams, length prefixes, idle and dribbling connections, mutated requests", "", []string{socket + "FuzzMessage TestSilentCaller TestStoppedCaller"}},
	{"", "2,000 explanations, 32 goroutines by 15 models, 500 failures, 200 deadlines", "",
		[]string{machine + "TestNoLeak TestMemoryIsGivenBack TestMemoryIsBounded TestMasksAreNotKept TestAskedAtOnce TestFailedOpensLeakNothing"}},
	{"", "kill -9 and SIGTERM of the engine, its client and the launcher", "",
		[]string{socket + "TestLost", pages + "TestEngineIsKilled TestLauncherIsKilled TestInterrupt", kernel + "TestSuperviseLeavesNothing TestStepsSayWhatFailed", "gradcamnb/driver TestFallback"}},
	{"programs", "truncated, empty, flipped, swapped, a pipe, another owner's, read-only, several at once", "",
		[]string{kept + "TestKept TestFilesOfOthers TestFolderOfOthers TestProcessOfAnotherUser", cmd + "TestProgramsAreKept"}},
	{"writes", "kill -9, SIGTERM, SIGHUP and SIGINT of long runs", "",
		[]string{cmd + "TestManyPicturesKilledAndResumed TestKilledWhileWriting TestRiseIsKilledAndGoesOn TestOneSignalIsEnough TestSignalEndsEveryCommand", files + "TestWriteReplacesWhole TestFailureLosesNothing"}},
	{"", "disk full, read-only folder, standard output full", "", []string{cmd + "TestFullDisk TestRunOnFullDisk TestFullOutput TestReadOnlyFolder"}},
	{"install", "spaces, umask 000, a tampered wheel, HOME unset, empty or a file", "",
		[]string{kernel + "TestForeignHomeStays TestLibrariesAreOurs TestPluginIsChecked TestPath TestFailureIsSaid TestLaunchChecks"}},
	{"hub", "breaks, wrong checksums, bombs, ranges, redirects, tokens, names with ../, hangs", "",
		[]string{sources + "TestHub TestHubInterrupted TestHubGivenUp TestHubWrongHash TestHubOfAStranger TestHubErrors"}},
	{"flags", "47 extreme values", "",
		[]string{front + "TestBounds", "internal/cli TestFlagValues", cmd + "TestErrors TestDetectUsage TestHostile"}},
	{"npy, run.json, --like", "57 files", "",
		[]string{"internal/npyfile TestHostileHeaders TestBadFiles TestUnpackedLimit FuzzRead", front + "TestRecipeIsReadStrictly FuzzRecipe", cmd + "TestRunWrittenInPart TestLike"}},
	{"tools", "go vet, golangci-lint, the race detector", "in CI, at every change and every night", nil},
}
