mkdir -p empty/also empty-too; : >zero
